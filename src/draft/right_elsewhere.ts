/** Of drafts that were right in the texts that something was tested on, so many are in other texts. */
export const RIGHT_ELSEWHERE = 0.75;
