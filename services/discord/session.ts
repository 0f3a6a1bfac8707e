/** The bot's session with Discord, kept across restarts so that a crashed bot resumes instead of logging in anew. */
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
  atMillis: Schema.Finite
})
export type Login = typeof Login.Type

/** A session belongs to the server at `url`: the sandbox listens elsewhere after each start. */
const Session = Schema.Struct({ url: Schema.String, resumable: Resumable, login: Schema.NullOr(Login) })
type Session = typeof Session.Type

/** The session as the gateway reads and writes it. Writing is synchronous; the supervisor is told by `save`. */
export interface SessionStore {
  readonly read: () => Session | null
  readonly resumed: (resumable: Resumable) => void
  readonly loggedIn: (login: Login) => void
  readonly clear: () => void
  /** Leaves the session to the next incarnation. */
  readonly save: Effect.Effect<void>
}

/**
 * Takes over the last incarnation's session with the server at `url`.
 *
 * **Details**
 * - Saved once a second when it changed, and when the scope closes. After a crash Discord repeats the events since
 *   the last save.
 */
export const make = Effect.fnUntraced(function*(url: string) {
  const kept = yield* Actor.kept(Schema.NullOr(Session))
  let session = Option.getOrNull(kept.previous)
  if (session !== null && session.url !== url) session = null
  let saved = session
  const save = Effect.suspend(() => {
    if (session === saved) return Effect.void
    saved = session
    return kept.set(session)
  })
  yield* Effect.addFinalizer(() => save)
  yield* Effect.forkScoped(Effect.repeat(save, Schedule.spaced("1 second")))
  return {
    read: () => session,
    resumed: (resumable) => {
      const login = session?.resumable.sessionId === resumable.sessionId ? session.login : null
      session = { url, resumable, login }
    },
    loggedIn: (login) => {
      if (session !== null) session = { ...session, login }
    },
    clear: () => {
      session = null
    },
    save
  } satisfies SessionStore
})
