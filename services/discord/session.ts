/** What the bot leaves to its next incarnation: its session with Discord, and the commands it has not answered yet. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** What a RESUME needs, in the shape of `@discordjs/ws`. */
export const Resumable = Schema.Struct({
  sessionId: Schema.String,
  resumeURL: Schema.String,
  sequence: Schema.Int,
  shardId: Schema.Int,
  shardCount: Schema.Int
})
export type Resumable = typeof Resumable.Type

/** What READY said, which a RESUME doesn't repeat. */
export const Login = Schema.Struct({
  user: Schema.String,
  applicationId: Schema.String,
  guilds: Schema.Int,
  /** On the monotonic clock of this process, which the session does not outlive. */
  at: Schema.Finite
})
export type Login = typeof Login.Type

const Session = Schema.Struct({ resumable: Resumable, login: Schema.NullOr(Login) })
type Session = typeof Session.Type

/** A command that somebody waits for an answer to: where the answer belongs. */
export const Question = Schema.Union([
  Schema.TaggedStruct("Message", { id: Schema.String, channelId: Schema.String }),
  Schema.TaggedStruct("Interaction", { id: Schema.String, token: Schema.String, applicationId: Schema.String })
])
export type Question = typeof Question.Type

/** A session belongs to the server at `url`: the sandbox may listen elsewhere after a start. */
const Left = Schema.Struct({
  url: Schema.String,
  session: Schema.NullOr(Session),
  unanswered: Schema.Array(Question),
  /** The channels that got the hint about `/help`, the last ones. */
  hinted: Schema.Array(Schema.String)
})
type Left = typeof Left.Type

/** Each is kept, and so copied; a channel that is forgotten gets the hint again. */
const mostHinted = 200

/** The session as the gateway reads and writes it. Writing is synchronous; the supervisor is told by `save`. */
export interface SessionStore {
  readonly read: () => Session | null
  readonly resumed: (resumable: Resumable) => void
  readonly loggedIn: (login: Login) => void
  readonly clear: () => void
  /** Says that the event with this number is being handled: after a crash Discord repeats only those after it. */
  readonly took: (sequence: number) => void
  readonly asked: (question: Question) => void
  readonly answered: (question: Question) => void
  /** True for a channel that has not got the hint yet, once. */
  readonly hintOnce: (channelId: string) => boolean
  /** What the last incarnation was asked and did not answer, as far as it is known. */
  readonly left: ReadonlyArray<Question>
  /** Leaves everything to the next incarnation. */
  readonly save: Effect.Effect<void>
}

/**
 * Takes over what the last incarnation left, if it was with the server at `url`.
 *
 * **Details**
 * - Saved once a second when it changed, and when the scope closes. After a crash Discord repeats the events since
 *   the last save.
 */
export const make = Effect.fnUntraced(function*(url: string) {
  const kept = yield* Actor.kept(Left)
  const previous = Option.getOrUndefined(Option.filter(kept.previous, (left) => left.url === url))
  let session = previous?.session ?? null
  let handled = session?.resumable.sequence ?? 0
  const unanswered = new Map(previous?.unanswered.map((question) => [question.id, question]))
  const hinted = new Set(previous?.hinted)
  let changed = false

  const leave = (): Left => ({
    url,
    session: session && { ...session, resumable: { ...session.resumable, sequence: handled } },
    unanswered: [...unanswered.values()],
    hinted: [...hinted]
  })
  const save = Effect.suspend(() => {
    if (!changed) return Effect.void
    changed = false
    return kept.set(leave())
  })
  yield* Effect.addFinalizer(() => save)
  yield* Effect.forkScoped(Effect.repeat(save, Schedule.spaced("1 second")))

  return {
    left: [...unanswered.values()],
    read: () => session,
    resumed: (resumable) => {
      const known = session?.resumable.sessionId === resumable.sessionId
      // A new session counts its events from 1.
      if (!known) handled = 0
      session = { resumable, login: known ? session?.login ?? null : null }
      changed = true
    },
    loggedIn: (login) => {
      if (session !== null) session = { ...session, login }
      changed = true
    },
    clear: () => {
      session = null
      changed = true
    },
    took: (sequence) => {
      handled = Math.max(handled, sequence)
      changed = true
    },
    asked: (question) => {
      unanswered.set(question.id, question)
      changed = true
    },
    answered: (question) => {
      unanswered.delete(question.id)
      changed = true
    },
    hintOnce: (channelId) => {
      if (hinted.has(channelId)) return false
      hinted.add(channelId)
      const [oldest = ""] = hinted
      if (hinted.size > mostHinted) hinted.delete(oldest)
      changed = true
      return true
    },
    save
  } satisfies SessionStore
})
