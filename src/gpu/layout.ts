import { type StructInfo, type TypeInfo, WgslReflect } from "wgsl_reflect";
import { withoutBodies } from "./wgsl_text.ts";

/**
 * Where the members of a WGSL struct lie in a buffer, read from its declaration: sizes to allocate,
 * and values to bytes and back. `Fields` names the members as the WGSL does; their values are numbers,
 * lists, and structs of the same kind.
 */
export class StructLayout<Fields extends object> {
  readonly #source: string;
  readonly #name: string;
  #info: StructInfo | null;

  /**
   * @param source WGSL that declares the struct; it is read at the first use.
   * @param info The declaration, if the source has been read already.
   */
  constructor(source: string, name: string, info: StructInfo | null = null) {
    this.#source = source;
    this.#name = name;
    this.#info = info;
  }

  /** Names of the members, in order. */
  get members(): string[] {
    return this.#struct.members.map(({ name }) => name);
  }

  /**
   * Bytes of the struct; where its last member is an array of any length, with so many elements of it.
   */
  byteLength(elements = 0): number {
    const { size, members } = this.#struct;
    const { type, offset } = members[members.length - 1];
    return type.isArray && type.count === 0 ? offset + elements * type.stride : size;
  }

  /** Bytes from the beginning of the struct to a member, or to an element of it. */
  offsetOf(member: keyof Fields & string, element = 0): number {
    const found = this.#struct.members.find(({ name }) => name === member);
    if (!found) throw new RangeError(`struct ${this.#name} has no member ${member}`);
    return found.offset + element * (found.type.isArray ? found.type.stride : 0);
  }

  /**
   * The bytes of structs one after the other.
   * @throws RangeError if a member has no value, or a list has another length than its array.
   */
  pack(...values: readonly Fields[]): Uint32Array<ArrayBuffer> {
    const sizes = values.map((value) => this.#lengthOf(value));
    const bytes = new DataView(new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0)));
    let offset = 0;
    values.forEach((value, i) => {
      write(bytes, offset, this.#struct, value, this.#name);
      offset += sizes[i];
    });
    return new Uint32Array(bytes.buffer);
  }

  /** The struct that begins a buffer's words; an array of any length takes all that is left. */
  unpack(words: Uint32Array): Fields {
    const { buffer, byteOffset, byteLength } = words;
    return read(new DataView(buffer, byteOffset, byteLength), 0, this.#struct) as Fields;
  }

  /** Structs one after the other. */
  unpackAll(words: Uint32Array): Fields[] {
    const count = words.byteLength / this.byteLength();
    const stride = this.byteLength() / 4;
    return Array.from({ length: count }, (_, i) => this.unpack(words.subarray(i * stride)));
  }

  /** Bytes of these values. */
  #lengthOf(value: Fields): number {
    const { members } = this.#struct;
    const { name, type } = members[members.length - 1];
    const isOpen = type.isArray && type.count === 0;
    return this.byteLength(isOpen ? (value as Record<string, ArrayLike<unknown>>)[name].length : 0);
  }

  get #struct(): StructInfo {
    if (this.#info) return this.#info;
    const { structs } = new WgslReflect(withoutBodies(this.#source));
    const info = structs.find(({ name }) => name === this.#name);
    if (!info) throw new RangeError(`no struct ${this.#name} in the WGSL`);
    return this.#info = info;
  }
}

function write(bytes: DataView, at: number, type: TypeInfo, value: unknown, path: string): void {
  if (value === undefined) throw new RangeError(`${path} has no value`);
  if (type.isStruct) {
    for (const { name, offset, type: own } of (type as StructInfo).members) {
      write(bytes, at + offset, own, (value as Record<string, unknown>)[name], `${path}.${name}`);
    }
  } else if (type.isArray) {
    const list = value as ArrayLike<unknown>;
    if (type.count > 0 && list.length !== type.count) {
      throw new RangeError(`${path} has ${list.length} elements instead of ${type.count}`);
    }
    for (let i = 0; i < list.length; i++) {
      write(bytes, at + i * type.stride, type.format!, list[i], `${path}[${i}]`);
    }
  } else {
    SCALARS[scalarOf(type, path)].write(bytes, at, value as number);
  }
}

function read(bytes: DataView, at: number, type: TypeInfo): unknown {
  if (type.isStruct) {
    return Object.fromEntries(
      (type as StructInfo).members.map(({ name, offset, type: own }) => [
        name,
        read(bytes, at + offset, own),
      ]),
    );
  }
  if (type.isArray) {
    const length = type.count || Math.floor((bytes.byteLength - at) / type.stride);
    return Array.from({ length }, (_, i) => read(bytes, at + i * type.stride, type.format!));
  }
  return SCALARS[scalarOf(type, type.name)].read(bytes, at);
}

const SCALARS = {
  f32: {
    read: (bytes: DataView, at: number) => bytes.getFloat32(at, true),
    write: (bytes: DataView, at: number, value: number) => bytes.setFloat32(at, value, true),
  },
  u32: {
    read: (bytes: DataView, at: number) => bytes.getUint32(at, true),
    write: (bytes: DataView, at: number, value: number) => bytes.setUint32(at, value, true),
  },
};

function scalarOf({ name }: TypeInfo, path: string): keyof typeof SCALARS {
  if (name in SCALARS) return name as keyof typeof SCALARS;
  throw new RangeError(`${path}: values of type ${name} are not supported`);
}

/**
 * The value of `const NAME = 64u;` in a WGSL source, so that limits stand in one place.
 * @throws RangeError if there is no such constant.
 */
export function constantOf(source: string, name: string): number {
  const value = source.match(new RegExp(`^const ${name} = (\\d+)u;`, "m"))?.[1];
  if (value === undefined) throw new RangeError(`no constant ${name} in the WGSL`);
  return Number(value);
}
