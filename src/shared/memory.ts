/**
 * How memory is allocated that threads share: within this process, or so that other processes can map it.
 */

/** Allocates memory that is zero; it may be larger than asked for. */
export type Allocate = (bytes: number) => SharedArrayBuffer

/** Memory that the threads of this process share. */
export const inProcess: Allocate = (bytes) => new SharedArrayBuffer(bytes)
