/**
 * The declared schedules of a storage: which of their times are due, and which of those run.
 *
 * ```text
 *   cron expression + the last time that was dealt with --> times due now --> missed: once | skip | all --> messages
 *                       ^                                                                                      |
 *                       +------------------------- in the same transaction ----------------------------------+
 * ```
 *
 * They go by the wall clock. Messages carry their time as id, so that no time runs twice while ids are remembered.
 */
import * as Cron from "effect/Cron"
import type * as Actor from "../Actor.ts"
import { type Acceptance, storageThread } from "../actor/storageActor.ts"
import * as codec from "../wire/codec.ts"
import type { Recurrence } from "../wire/durable.ts"
import * as stored from "../wire/stored.ts"
import { CodecIssue } from "../wire/translator.ts"
import { identityOf, type Stored } from "./message.ts"

/** How late a run may be that is not missed. */
const graceMillis = 60_000

/** A clock that is set back by more has been wrong before: the schedule begins again from there. */
const longestSetBackMillis = 86_400_000

/** Of how long ago missed times run at most: a clock that has been years behind must not make millions of messages. */
const longestMissedMillis = 7 * 86_400_000

/** How many runs of one schedule are accepted at once; the others follow. */
const mostAtOnce = 256

/** A schedule that the system declares. */
export interface Declared extends Recurrence {
  readonly actor: string
  readonly message: string
  readonly keepForMillis: number
}

/** How far a schedule had come when it was last written. */
export interface Progress {
  readonly actor: string
  readonly message: string
  readonly text: string
  /** All of its times up to here have been dealt with, in epoch milliseconds. */
  readonly lastAtMillis: number
}

/** What is due of one schedule. */
export interface Due extends Progress {
  readonly acceptances: ReadonlyArray<Acceptance>
}

/** The schedules that actors declare. */
export const declaredBy = (actors: ReadonlyMap<string, Actor.Any>): ReadonlyArray<Declared> =>
  Array.from(actors.values()).flatMap(({ actorName, protocol }) =>
    Array.from(codec.make(protocol.requests).values()).flatMap(({ durable, tag }) =>
      durable?.schedule === undefined
        ? []
        : [{ ...durable.schedule, actor: actorName, message: tag, keepForMillis: durable.keepForMillis }]
    )
  )

/** The latest time of a schedule after `after` and not after `nowMillis`; undefined if there is none. */
export const latest = (cron: Cron.Cron, after: number, nowMillis: number): number | undefined => {
  let found = nextAfter(cron, after)
  if (found > nowMillis) return undefined
  // By halves: there may be millions of times. None is later than this one.
  let until = nowMillis
  for (;;) {
    const isNear = until - found < 1000
    const from = isNear ? found : Math.floor((found + until) / 2)
    const next = nextAfter(cron, from)
    if (next <= nowMillis) found = next
    else if (isNear) return found
    else until = from
  }
}

/** The first times of a schedule after `after` and not after `nowMillis`. */
const first = (cron: Cron.Cron, after: number, nowMillis: number): ReadonlyArray<number> => {
  const times: Array<number> = []
  for (let at = nextAfter(cron, after); at <= nowMillis && times.length < mostAtOnce; at = nextAfter(cron, at)) {
    times.push(at)
  }
  return times
}

/** A time that a `Date` can't be never comes. */
const nextAfter = (cron: Cron.Cron, after: number): number => {
  try {
    return Cron.next(cron, new Date(after)).getTime()
  } catch {
    return Infinity
  }
}

/** One schedule, and how far it has come. */
interface One {
  readonly declared: Declared
  /** Its runs that have not ended. */
  readonly open: Set<string>
  lastAtMillis: number
  nextAtMillis: number
  isWritten: boolean
}

/** All schedules of a storage. */
export class Schedules {
  private readonly all: ReadonlyMap<string, One>

  /** `progress`: what is written of them. `open`: the messages of schedules that have not ended. */
  constructor(
    declared: ReadonlyArray<Declared>,
    progress: ReadonlyArray<Progress>,
    open: ReadonlyArray<Pick<Stored, "actor" | "message" | "key" | "id">>,
    nowMillis: number
  ) {
    this.all = new Map(declared.map((one) => {
      const written = progress.find((row) =>
        row.actor === one.actor && row.message === one.message && row.text === one.text
      )
      const lastAtMillis = written?.lastAtMillis ?? nowMillis
      return [nameOf(one), {
        declared: one,
        open: new Set(),
        lastAtMillis,
        nextAtMillis: nextAfter(one.cron, lastAtMillis),
        isWritten: written !== undefined
      }]
    }))
    for (const message of open) this.accepted(message)
  }

  get isEmpty(): boolean {
    return this.all.size === 0
  }

  /** In how many milliseconds something is due, if the clock is not set before. */
  dueInMillis(nowMillis: number): number {
    let millis = Infinity
    for (const one of this.all.values()) {
      if (!one.isWritten || isSetBack(one, nowMillis)) return 0
      if (!isHeldUp(one)) millis = Math.min(millis, one.nextAtMillis - nowMillis)
    }
    return Math.max(0, millis)
  }

  /** What is due. Nothing changes before it is written. */
  due(nowMillis: number): ReadonlyArray<Due> {
    return Array.from(this.all.values()).flatMap((one) => {
      const { declared: { actor, message, text } } = one
      const after = isSetBack(one, nowMillis) ? nowMillis : one.lastAtMillis
      const times = after !== one.lastAtMillis || one.nextAtMillis > nowMillis || isHeldUp(one)
        ? []
        : timesOf(one, nowMillis)
      const lastAtMillis = times.at(-1)?.atMillis ?? after
      if (one.isWritten && lastAtMillis === one.lastAtMillis) return []
      const acceptances = times.flatMap(({ atMillis, runs }) => runs ? [acceptanceOf(one.declared, atMillis)] : [])
      return [{ actor, message, text, lastAtMillis, acceptances }]
    })
  }

  /** What was due is on disk. */
  written(due: ReadonlyArray<Due>): void {
    for (const progress of due) {
      const one = this.all.get(nameOf(progress))
      if (one === undefined) continue
      one.lastAtMillis = progress.lastAtMillis
      one.nextAtMillis = nextAfter(one.declared.cron, progress.lastAtMillis)
      one.isWritten = true
    }
  }

  /** A message was accepted: if a schedule sent it, it has a run that has not ended. */
  accepted(message: Pick<Stored, "actor" | "message" | "key" | "id">): void {
    this.all.get(nameOf(message))?.open.add(identityOf(message))
  }

  /** A message has ended. */
  ended(message: Pick<Stored, "actor" | "message" | "key" | "id">): void {
    if (this.isEmpty) return
    this.all.get(nameOf(message))?.open.delete(identityOf(message))
  }
}

const nameOf = ({ actor, message }: { readonly actor: string; readonly message: string }): string =>
  JSON.stringify([actor, message])

/** The latest time waits until an earlier run has ended. */
const isHeldUp = ({ declared: { missed }, open }: One): boolean => missed === "once" && open.size > 0

const isSetBack = ({ lastAtMillis }: One, nowMillis: number): boolean => lastAtMillis > nowMillis + longestSetBackMillis

/** The times that are dealt with now, and whether they run. */
const timesOf = (
  { declared: { cron, missed }, lastAtMillis, open }: One,
  nowMillis: number
): ReadonlyArray<{ readonly atMillis: number; readonly runs: boolean }> => {
  if (missed === "all") {
    const after = Math.max(lastAtMillis, nowMillis - longestMissedMillis)
    return first(cron, after, nowMillis).map((atMillis) => ({ atMillis, runs: true }))
  }
  const atMillis = latest(cron, lastAtMillis, nowMillis)
  if (atMillis === undefined) return []
  return [{ atMillis, runs: missed === "once" || (open.size === 0 && nowMillis - atMillis <= graceMillis) }]
}

/** The message of a schedule for one of its times. */
const acceptanceOf = ({ actor, keepForMillis, message }: Declared, atMillis: number): Acceptance => ({
  actor,
  message,
  key: "",
  id: new Date(atMillis).toISOString(),
  keepForMillis,
  payload: nothing(),
  sender: storageThread,
  headers: null,
  afterMillis: 0
})

/** The payload of a message that has none. */
const nothing = (): Uint8Array => {
  const bytes = stored.write(undefined)
  if (bytes instanceof CodecIssue) throw new Error(bytes.text)
  return bytes
}
