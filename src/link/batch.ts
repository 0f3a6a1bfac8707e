/**
 * Frames in the form in which threads hand them over: many in one flat array of texts and numbers, which costs least to
 * clone.
 *
 * ```text
 *   ["ask", 7, 0, "Hello", { name: "Ada" }]   in a batch is   ask, 7, 0, 1, 2, 3, null, "Ada"
 *                                                  terms: 1 = "Hello", 2 = no chain, 3 = the layout of the payload
 * ```
 *
 * Tags, chains and layouts are few and come again and again. They are terms: said once, and a number from then on.
 */
import type { Chain, Frame, Outcome, Request, SpanRef } from "./frame.ts"
import * as layout from "./layout.ts"

/** Frames, one after the other, each by its kind and then its parts. */
export type Batch = ReadonlyArray<unknown>

// The first part of each frame, and of each term.
const text = 0
const chain = 1
const shape = 2
const ask = 3
const tell = 4
const open = 5
const cancel = 6
const pull = 7
const resume = 8
const success = 9
const error = 10
const failed = 11
const chunk = 12

const requests = { ask, tell, open } as const
const outcomes = { success, error, failed } as const

/** When there are so many terms, both sides forget them all and begin anew. */
const mostTerms = 4096

const nobody: Chain = []

const asChain = (part: unknown): Chain => Array.isArray(part) ? part : nobody

const isSpan = (part: unknown): part is SpanRef => Array.isArray(part)

/** Puts frames into batches. */
export class Writer {
  /** How many frames wait to be taken. */
  size = 0
  private parts: Array<unknown> = []
  private readonly terms = new Map<string | Chain | layout.Layout, number>()

  /** Adds a frame, whose value lies as `how` says; false, and nothing is added, when it can't be written so. */
  add(frame: Frame, how: layout.Layout | undefined): boolean {
    switch (frame[0]) {
      case "ask":
      case "tell":
      case "open": {
        if (how === undefined) return false
        const [kind, slot, actor, tag, payload, waiting = nobody, span = null] = frame
        const t = this.term(tag)
        const c = this.term(waiting)
        const l = this.term(how)
        const before = this.parts.push(requests[kind], slot, actor, t, c, l, span) - 7
        return this.value(payload, how, before)
      }
      case "done": {
        if (how === undefined) return false
        const [, slot, [status, value]] = frame
        const l = this.term(how)
        return this.value(value, how, this.parts.push(outcomes[status], slot, l) - 3)
      }
      case "chunk": {
        if (how === undefined) return false
        const l = this.term(how)
        return this.value(frame[2], how, this.parts.push(chunk, frame[1], l) - 3)
      }
      case "cancel":
        this.parts.push(cancel, frame[1])
        break
      case "pull":
        this.parts.push(pull, frame[1], frame[2])
        break
      case "resume":
        this.parts.push(resume, frame[1])
    }
    this.size++
    return true
  }

  /** Takes out what has been added. */
  take(): Batch {
    const { parts } = this
    this.parts = []
    this.size = 0
    return parts
  }

  private value(value: unknown, how: layout.Layout, before: number): boolean {
    try {
      how.write(value, this.parts)
      this.size++
      return true
    } catch {
      this.parts.length = before
      return false
    }
  }

  private term(meaning: string | Chain | layout.Layout): number {
    const known = this.terms.get(meaning)
    if (known !== undefined) return known
    if (this.terms.size === mostTerms) this.terms.clear()
    const number = this.terms.size
    this.terms.set(meaning, number)
    if (typeof meaning === "string") this.parts.push(text, number, meaning)
    else if ("description" in meaning) this.parts.push(shape, number, meaning.description)
    else this.parts.push(chain, number, meaning)
    return number
  }
}

/** Gets frames out of the batches of one writer. */
export class Reader {
  private readonly texts: Array<string> = []
  private readonly chains: Array<Chain> = []
  private readonly layouts: Array<layout.Layout> = []

  read(batch: Batch, receive: (frame: Frame) => void): void {
    const parts = new layout.Parts(batch)
    while (parts.at < batch.length) {
      const frame = this.next(parts)
      if (frame !== undefined) receive(frame)
    }
  }

  /** The next frame; nothing where a term is said. */
  private next(parts: layout.Parts): Frame | undefined {
    const kind = parts.number()
    switch (kind) {
      case ask:
        return this.request("ask", parts)
      case tell:
        return this.request("tell", parts)
      case open:
        return this.request("open", parts)
      case success:
        return this.done("success", parts)
      case error:
        return this.done("error", parts)
      case failed:
        return this.done("failed", parts)
      case chunk: {
        const slot = parts.number()
        const values = this.value(parts.number(), parts)
        return ["chunk", slot, Array.isArray(values) ? values : [values]]
      }
      case cancel:
        return ["cancel", parts.number()]
      case pull:
        return ["pull", parts.number(), parts.number()]
      case resume:
        return ["resume", parts.number()]
      case text:
        this.texts[parts.number()] = String(parts.next())
        return undefined
      case chain:
        this.chains[parts.number()] = asChain(parts.next())
        return undefined
      case shape:
        this.layouts[parts.number()] = layout.make(layout.asDescription(parts.next()))
        return undefined
      default:
        throw new Error(`a batch holds what is no frame: ${String(kind)}`)
    }
  }

  private request(kind: Request[0], parts: layout.Parts): Request {
    const slot = parts.number()
    const actor = parts.number()
    const tag = this.texts[parts.number()] ?? ""
    const chain = this.chains[parts.number()] ?? nobody
    const how = parts.number()
    const span = parts.next()
    const payload = this.value(how, parts)
    return [kind, slot, actor, tag, payload, chain, isSpan(span) ? span : null]
  }

  private done(status: Outcome[0], parts: layout.Parts): Frame {
    const slot = parts.number()
    return ["done", slot, [status, this.value(parts.number(), parts)]]
  }

  private value(how: number, parts: layout.Parts): unknown {
    return this.layouts[how]?.read(parts)
  }
}
