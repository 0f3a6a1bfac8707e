/** Tells Discord the bot's slash commands, only when it doesn't know them yet. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { definitions } from "./commands.ts"
import type { DiscordApi } from "./discordApi.ts"

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
