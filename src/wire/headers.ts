/**
 * The first parts of frames in a batch: what the writer and the reader of batches agree on.
 */
import type { Chain, Request, Status } from "./frame.ts"

/** Frames, one after the other, each by its kind or header and then its parts. */
export type Batch = ReadonlyArray<unknown>

// The first part of a frame without a value, and of what is said to the reader itself; of all others it is a header.
export const cancel = 0
export const pull = 1
export const resume = 2
/** The span of the request that follows. */
export const spanned = 3
export const defined = 4
/** The envelope of the request that follows. */
export const enveloped = 5
/** The request waits in a circle. */
export const circle = 6
/** The stack of the error that follows. */
export const stacked = 7
/** Messages for a key wait at their sender, or go on. */
export const hold = 8
export const release = 9
export const firstHeader = 10

/** At this number of headers, both sides start over. */
export const mostHeaders = 4096
/** The first part of a run is its header, and above these bits how many frames follow the first. All slots together still fit. */
export const headerBits = 13
export const follower = 1 << headerBits

/** What a frame is: a request, an answer by its status, or elements of a stream. */
export type Kind = Request[0] | Status | "chunk"

/** All that a frame says besides its slot and its value. */
export interface Header {
  readonly number: number
  readonly kind: Kind
  /** Of an answer there is none: -1, and no tag. */
  readonly actor: number
  readonly tag: string
  readonly chain: Chain
  /** Before each value stands the key that the message is for. All messages to an actor have one, or none. */
  readonly isKeyed: boolean
}

export const isHeaderOf = (header: Header, kind: Kind, actor: number, tag: string, chain: Chain): boolean =>
  header.kind === kind && header.actor === actor && header.tag === tag && header.chain === chain
