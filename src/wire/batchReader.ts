/**
 * Reads the batches of one writer ([batch.ts](batch.ts)).
 */
import type { Envelope, Frame, SpanRef, Status } from "./frame.ts"
import {
  type Batch,
  cancel,
  circle,
  defined,
  enveloped,
  firstHeader,
  follower,
  type Header,
  headerBits,
  hold,
  pull,
  release,
  resume,
  spanned,
  stacked
} from "./headers.ts"
import * as valueFormat from "./valueFormat.ts"

/**
 * Gets frames out of the batches of one writer, in the order in which they were added.
 *
 * **Details**
 * - It sees all batches of its writer in order: each defines headers that later ones refer to.
 * - It throws if a batch refers to a header that none has defined.
 */
export class Reader {
  private readonly headers: Array<Header & { readonly format: valueFormat.ValueFormat }> = []
  private span: SpanRef | null = null
  private envelope: Envelope | undefined
  private stack: string | undefined

  /** Calls `receive` for each frame of a batch. */
  read(batch: Batch, receive: (frame: Frame) => void): void {
    const parts = new valueFormat.Parts(batch)
    while (parts.at < batch.length) {
      const first = parts.number()
      if (first < firstHeader) this.single(first, parts, receive)
      else this.run(first, parts, receive)
    }
  }

  /** Reads a frame without a value, or something that is for the reader itself. */
  private single(kind: number, parts: valueFormat.Parts, receive: (frame: Frame) => void): void {
    switch (kind) {
      case cancel:
        return receive(["cancel", parts.number()])
      case pull:
        return receive(["pull", parts.number(), parts.number(), parts.number()])
      case resume:
        return receive(["resume", parts.number()])
      case hold:
        return receive(["hold", parts.number(), String(parts.next())])
      case release:
        return receive(["release", parts.number(), String(parts.next())])
      case circle: {
        const slot = parts.number()
        const actors = parts.next()
        return Array.isArray(actors) ? receive(["circle", slot, actors]) : undefined
      }
      case defined: {
        const header = parts.next()
        const format = valueFormat.make(valueFormat.asDescription(parts.next()))
        if (isHeader(header)) this.headers[header.number - firstHeader] = { ...header, format }
        return
      }
      default:
        this.preface(kind, parts.next())
    }
  }

  /** Keeps what goes ahead of the next frame. */
  private preface(kind: number, part: unknown): void {
    if (kind === spanned) this.span = isSpan(part) ? part : null
    if (kind === enveloped) this.envelope = isEnvelope(part) ? part : undefined
    if (kind === stacked) this.stack = typeof part === "string" ? part : undefined
  }

  /** Reads the frames of a run: all have one header, and their slots follow each other. */
  private run(first: number, parts: valueFormat.Parts, receive: (frame: Frame) => void): void {
    const number = first & (follower - 1)
    const header = this.headers[number - firstHeader]
    if (header === undefined) throw new Error(`a batch has a header that nobody has defined: ${number}`)
    const { actor, chain, format, isKeyed, kind, tag } = header
    const from = parts.number()
    const to = from + (first >> headerBits)
    for (let slot = from; slot <= to; slot++) {
      const key = isKeyed ? String(parts.next()) : undefined
      const value = format.read(parts)
      if (kind === "ask" || kind === "tell" || kind === "open") {
        const { envelope, span } = this
        this.span = null
        this.envelope = undefined
        receive(
          key !== undefined
            ? [kind, slot, actor, tag, value, chain, span, envelope, key]
            : envelope === undefined
            ? [kind, slot, actor, tag, value, chain, span]
            : [kind, slot, actor, tag, value, chain, span, envelope]
        )
      } else if (kind === "chunk") receive(["chunk", slot, Array.isArray(value) ? value : [value]])
      else receive(this.done(slot, kind, value))
    }
  }

  private done(slot: number, status: Status, value: unknown): Frame {
    const { stack } = this
    if (stack === undefined) return ["done", slot, status, value]
    this.stack = undefined
    return ["done", slot, status, value, stack]
  }
}

const isSpan = (part: unknown): part is SpanRef => Array.isArray(part)

const isEnvelope = (part: unknown): part is Envelope => Array.isArray(part) && typeof part[0] === "string"

const isHeader = (part: unknown): part is Header => typeof part === "object" && part !== null && "number" in part
