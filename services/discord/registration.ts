/** Tells Discord the bot's slash commands, only when it doesn't know them yet. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { definitions } from "./commands.ts"
import { type DiscordApi, throughOutage } from "./discordApi.ts"
import type { SessionStore } from "./session.ts"
import type { Shard } from "./shards.ts"

/** The parts of a registered command that the bot defines; Discord adds ids, versions and defaults. */
const Known = Schema.Array(Schema.Struct({
  type: Schema.optional(Schema.Int),
  name: Schema.String,
  description: Schema.String,
  options: Schema.optional(Schema.Array(Schema.Struct({
    type: Schema.Int,
    name: Schema.String,
    description: Schema.String,
    required: Schema.optional(Schema.Boolean)
  })))
}))
type Known = typeof Known.Type

/**
 * Makes what is to be done after a login: Discord keeps a bot's commands, but a sandbox that was restarted knows none, so
 * they are compared once after each login. Only the first shard does it.
 */
export const afterLogin = ({ api, session }: Joined, shard: Shard): Effect.Effect<void> => {
  let comparedAt: number | undefined
  return Effect.suspend(() => {
    const login = session.read()?.login ?? null
    if (login === null || shard.id !== 0 || login.at === comparedAt) return Effect.void
    comparedAt = login.at
    return register(api, login.applicationId).pipe(
      throughOutage("Infinity"),
      Effect.asVoid,
      Effect.catch((error) => Effect.logWarning(`The slash commands could not be registered: ${error.message}`))
    )
  })
}

interface Joined {
  readonly api: DiscordApi
  readonly session: Pick<SessionStore, "read">
}

/** Compares with Discord's list and replaces it when they differ; says whether it did. */
export const register = Effect.fnUntraced(function*(api: DiscordApi, applicationId: string) {
  const route = `/applications/${applicationId}/commands` as const
  const known = yield* Effect.flatMap(api.request("get", route), Schema.decodeUnknownEffect(Known))
  if (canonical(known) === canonical(definitions)) return false
  yield* api.request("put", route, { body: definitions })
  return true
})

const canonical = (commands: Known): string =>
  JSON.stringify(
    commands
      .map(({ description, name, options = [], type = 1 }) => [
        name,
        type,
        description,
        options.map((option) => [option.name, option.type, option.description, option.required === true])
      ])
      .sort(([a], [b]) => String(a) < String(b) ? -1 : 1)
  )
