/** Which Discord the bot connects to: the real one when there is a token, else the sandbox. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { DiscordSandbox } from "./DiscordSandbox.ts"

export interface Target {
  readonly mode: "sandbox" | "discord"
  /** The server; its API is at `/api`. */
  readonly url: string
  readonly token: Redacted.Redacted
  /** Whether to ask for the text of messages, which Discord must have granted. */
  readonly readsMessages: boolean
}

/** There is neither a token nor a sandbox. */
export class NoTarget extends Schema.TaggedError<NoTarget>()("NoTarget", {}) {
  override get message(): string {
    return "The bot has nowhere to connect to: DISCORD_TOKEN is not set and the DiscordSandbox actor serves no " +
      "address. Set DISCORD_TOKEN, or let the sandbox run."
  }
}

/** What the environment says. */
export interface Configured {
  /** None for the sandbox. */
  readonly token: Option.Option<Redacted.Redacted>
  readonly url: string
  readonly readsMessages: boolean
}

/**
 * Reads the configuration.
 *
 * **Details**
 * - `DISCORD_TOKEN`: the bot's token. Without it the bot asks the sandbox for its address.
 * - `DISCORD_API_URL`: another server that speaks Discord's protocol. Default `https://discord.com`.
 * - `DISCORD_READ_MESSAGES`: `false` for a bot that has slash commands only and no message content intent.
 */
export const configured: Config.Config<Configured> = Config.all({
  token: Config.option(Config.Redacted("DISCORD_TOKEN")),
  url: Config.withDefault(Config.String("DISCORD_API_URL"), "https://discord.com"),
  readsMessages: Config.withDefault(Config.Boolean("DISCORD_READ_MESSAGES"), true)
}).pipe(Config.map(({ readsMessages, token, url }) => ({
  token: Option.filter(Option.map(token, (token) => Redacted.make(Redacted.value(token).trim())), isGiven),
  url: withoutSlash(url),
  readsMessages
})))

/** Finds the server to connect to: asks the sandbox for its address when there is no token. */
export const locate = Effect.fnUntraced(function*({ readsMessages, token, url }: Configured) {
  if (Option.isSome(token)) return { mode: "discord", url, token: token.value, readsMessages } satisfies Target
  const sandbox = yield* DiscordSandbox
  const address = yield* sandbox.Address()
  if (address === null) return yield* new NoTarget()
  return {
    mode: "sandbox",
    url: withoutSlash(address.url),
    token: Redacted.make(address.token),
    readsMessages: true
  } satisfies Target
})

function isGiven(token: Redacted.Redacted): boolean {
  return Redacted.value(token) !== ""
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "")
}
