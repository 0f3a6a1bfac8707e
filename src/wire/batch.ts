/**
 * Frames in the form in which threads hand them over: many in one flat array of texts and numbers, which costs least to
 * clone.
 *
 * ```text
 *   ["ask", 7, 0, "Hello", { name: "Ada" }]   in a batch is   6, 7, "Ada"
 *                                                             |  |   the payload, as its format says
 *                                                             |  the slot
 *                  the header: "ask", to actor 0, "Hello", no chain, { fields: [["name", "plain"]] }
 * ```
 *
 * A header is all that a frame says besides its slot and its value. There are few, and they come again and again: each is
 * said once, and is a number from then on. Frames of one header whose slots follow each other are a run, and say both once:
 *
 * ```text
 *   the header and how many follow, the slot of the first, "Ada", "Bob", "Eve"
 * ```
 */
import type { Transferable } from "node:worker_threads"
import { moveFrom } from "../values/snapshot.ts"
import { type Chain, type Envelope, type Frame, noChain, type SpanRef } from "./frame.ts"
import {
  type Batch,
  cancel,
  circle,
  defined,
  enveloped,
  firstHeader,
  follower,
  type Header,
  hold,
  isHeaderOf,
  type Kind,
  mostHeaders,
  pull,
  release,
  resume,
  spanned,
  stacked
} from "./headers.ts"
import * as valueFormat from "./valueFormat.ts"

const none: ReadonlyArray<Transferable> = []

/** What is posted at once, and what of it moves. */
export interface Taken {
  readonly parts: Batch
  readonly moved: ReadonlyArray<Transferable>
}

/** A frame that goes alone, because it may fail to, and what must go before it. */
export interface Apart {
  readonly before: Taken
  readonly alone: Taken
}

const nowhere = -1

/**
 * Puts frames into batches.
 *
 * **Details**
 * - One writer has one reader, which sees its batches in order and all of them: each defines what later ones refer to.
 * - `take` ends a batch. `takeApart` takes a frame that goes alone, because posting it may fail: what it defines goes ahead.
 */
export class Writer {
  private parts: Array<unknown> = []
  private moved: Array<Transferable> = []
  private headers = new Map<valueFormat.ValueFormat, Array<Header>>()
  private count = 0
  /** The last header and its format. Most messages are like the one before. */
  private last: Header | undefined
  private lastFormat: valueFormat.ValueFormat | undefined
  // The last run: its header, where it begins, what stands there, where it ends, and the slot that would go on with it.
  private runHeader = 0
  private runAt = 0
  private runHead = 0
  private runEnd = nowhere
  private nextSlot = 0

  /** Adds a frame, whose value lies as `format` says; false, and nothing is added, when it can't be written so. */
  add(frame: Frame, format: valueFormat.ValueFormat, transfer: ReadonlyArray<Transferable> = none): boolean {
    if (!format.mayBeBytes) return this.write(frame, format)
    const before = this.parts.length
    if (!this.write(frame, format)) return false
    this.moveBytes(before, frame[0] !== "done" && frame[0] !== "chunk", transfer)
    return true
  }

  private write(frame: Frame, format: valueFormat.ValueFormat): boolean {
    switch (frame[0]) {
      case "cancel":
        this.parts.push(cancel, frame[1])
        break
      case "pull":
        this.parts.push(pull, frame[1], frame[2], frame[3])
        break
      case "resume":
        this.parts.push(resume, frame[1])
        break
      case "circle":
        this.parts.push(circle, frame[1], frame[2])
        break
      case "hold":
        this.parts.push(hold, frame[1], frame[2])
        break
      case "release":
        this.parts.push(release, frame[1], frame[2])
        break
      case "done":
        return this.value(format, frame[2], frame[1], -1, "", noChain, null, frame[3], undefined, undefined, frame[4])
      case "chunk":
        return this.value(format, "chunk", frame[1], -1, "", noChain, null, frame[2])
      default: {
        const [kind, slot, actor, tag, payload, chain = noChain, span = null, envelope, key] = frame
        return this.value(format, kind, slot, actor, tag, chain, span, payload, envelope, key)
      }
    }
    return true
  }

  /** How many parts wait to be taken: what it costs to hand them over, and to take them in. */
  get length(): number {
    return this.parts.length
  }

  /** Takes out what has been added. */
  take(): Taken {
    const { moved, parts } = this
    this.parts = []
    this.runEnd = nowhere
    if (moved.length === 0) return { parts, moved: none }
    this.moved = []
    return { parts, moved }
  }

  /** Takes out what has been added, and a further frame apart from it, as it is where it can't be written as `format` says. */
  takeApart(frame: Frame, format: valueFormat.ValueFormat, transfer: ReadonlyArray<Transferable>): Apart {
    const added = this.take()
    if (!this.add(frame, format, transfer)) this.add(frame, valueFormat.cloned, transfer)
    const { moved, parts } = this.take()
    const alone = { parts, moved: Array.from(new Set([...transfer, ...moved])) }
    let at = 0
    // What is defined here must arrive even if the frame does not.
    while (parts[at] === defined) at += 3
    if (at === 0) return { before: added, alone }
    return {
      before: { parts: [...added.parts, ...parts.slice(0, at)], moved: added.moved },
      alone: { parts: parts.slice(at), moved: alone.moved }
    }
  }

  /** Moves many bytes: an answer's, which are its own, as they are; copies of a request's, which may have to be posted again. */
  private moveBytes(from: number, copies: boolean, transfer: ReadonlyArray<Transferable>): void {
    const { moved, parts } = this
    for (let at = from; at < parts.length; at++) {
      const part = parts[at]
      if (!(part instanceof Uint8Array) || part.byteLength < moveFrom || !(part.buffer instanceof ArrayBuffer)) continue
      if (transfer.includes(part.buffer) || moved.includes(part.buffer)) continue
      const mine = copies ? new Uint8Array(part) : part
      parts[at] = mine
      if (mine.buffer instanceof ArrayBuffer) moved.push(mine.buffer)
    }
  }

  private value(
    format: valueFormat.ValueFormat,
    kind: Kind,
    slot: number,
    actor: number,
    tag: string,
    chain: Chain,
    span: SpanRef | null,
    value: unknown,
    envelope?: Envelope,
    key?: string,
    stack?: string
  ): boolean {
    const header = this.headerOf(format, kind, actor, tag, chain, key)
    const { parts } = this
    const before = parts.length
    const follows = before === this.runEnd && slot === this.nextSlot && header === this.runHeader && span === null &&
      envelope === undefined && stack === undefined
    if (!follows) {
      this.preface(span, envelope, stack)
      this.runHeader = this.runHead = header
      this.runAt = parts.length
      parts.push(header, slot)
    }
    if (key !== undefined) parts.push(key)
    try {
      format.write(value, parts)
    } catch {
      parts.length = before
      this.runEnd = nowhere
      return false
    }
    if (follows) parts[this.runAt] = this.runHead += follower
    this.runEnd = parts.length
    this.nextSlot = slot + 1
    return true
  }

  /** What only some frames have goes ahead of them. */
  private preface(span: SpanRef | null, envelope: Envelope | undefined, stack: string | undefined): void {
    if (span !== null) this.parts.push(spanned, span)
    if (envelope !== undefined) this.parts.push(enveloped, envelope)
    if (stack !== undefined) this.parts.push(stacked, stack)
  }

  private headerOf(
    format: valueFormat.ValueFormat,
    kind: Kind,
    actor: number,
    tag: string,
    chain: Chain,
    key?: string
  ): number {
    const { last } = this
    if (this.lastFormat === format && last !== undefined && isHeaderOf(last, kind, actor, tag, chain)) {
      return last.number
    }
    const header = this.headers.get(format)?.find((header) => isHeaderOf(header, kind, actor, tag, chain)) ??
      this.define(format, { kind, actor, tag, chain, isKeyed: key !== undefined })
    this.last = header
    this.lastFormat = format
    return header.number
  }

  private define(format: valueFormat.ValueFormat, what: Omit<Header, "number">): Header {
    if (this.count === mostHeaders) {
      this.headers.clear()
      this.count = 0
    }
    const number = firstHeader + this.count++
    const same = this.headers.get(format)
    const header = { number, ...what }
    if (same === undefined) this.headers.set(format, [header])
    else same.push(header)
    this.parts.push(defined, header, format.description)
    return header
  }
}
