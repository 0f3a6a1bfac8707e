/** Tells Discord the bot's slash commands, only when it doesn't know them yet. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Registered } from "./Command.ts"
import { type DiscordApi, throughOutage } from "./discordApi.ts"
import type { SessionStore } from "./session.ts"
import type { Shard } from "./shards.ts"

/**
 * Makes what is to be done after a login: Discord keeps a bot's commands, but a sandbox that was restarted knows none, so
 * they are compared once after each login. Only the first shard does it.
 */
export const afterLogin = (
  { api, session }: Joined,
  shard: Shard,
  commands: ReadonlyArray<Registered>
): Effect.Effect<void> => {
  let comparedAt: number | undefined
  return Effect.suspend(() => {
    const login = session.read()?.login ?? null
    if (login === null || shard.id !== 0 || login.at === comparedAt) return Effect.void
    comparedAt = login.at
    return register(api, login.applicationId, commands).pipe(
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
export const register = Effect.fnUntraced(function*(
  api: DiscordApi,
  applicationId: string,
  commands: ReadonlyArray<Registered>
) {
  const route = `/applications/${applicationId}/commands` as const
  const known = yield* Effect.flatMap(
    api.request("get", `${route}?with_localizations=true`),
    Schema.decodeUnknownEffect(Known)
  )
  if (canonical(known) === canonical(commands)) return false
  yield* api.request("put", route, { body: commands })
  return true
})

const Known = Schema.Array(Schema.Record(Schema.String, Schema.Unknown))

/** What the bot says of a command and of an option. Discord adds ids, versions and defaults. */
const compared: ReadonlySet<string> = new Set([
  "name",
  "name_localizations",
  "description",
  "description_localizations",
  "options",
  "required",
  "autocomplete",
  "choices",
  "value",
  "min_value",
  "max_value",
  "min_length",
  "max_length",
  "contexts",
  "default_member_permissions"
])

const canonical = (commands: ReadonlyArray<object>): string =>
  JSON.stringify(commands.map((command) => essence(command)).sort())

/** A command or a part of it as text: the same for the same, whatever the order of its keys and the defaults it names. */
const essence = (value: unknown, key?: string): string => {
  if (Array.isArray(value)) return `[${value.map((item) => essence(item)).join()}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const isWords = key?.endsWith("_localizations") === true
  return `{${
    Object.entries(value)
      .filter(([name, of]) => name === "type" ? of !== 1 : (isWords || compared.has(name)) && !isDefault(of))
      .map(([name, of]) => `${name}:${essence(of, name)}`)
      .sort()
      .join()
  }}`
}

const isDefault = (value: unknown): boolean =>
  value === null || value === undefined || value === false || (Array.isArray(value) && value.length === 0)
