/** How a sandbox is set up. */
import * as Duration from "effect/Duration"

/**
 * **Details**
 * - `port`: default 0, any free one. It listens on 127.0.0.1 only.
 * - `token`: the one token it accepts. Default: `defaultToken`.
 * - `heartbeatInterval`: what HELLO says. Default 41.25 seconds; `heartbeatGrace` (default 20 seconds) more without a
 *   heartbeat ends the connection with 4009.
 * - `identifyEvery`: one IDENTIFY in this time, more get op 9. Default 5 seconds.
 * - `identifyLimit`: logins a day; one more voids the token. Default 1000.
 * - `sessionTimeToLive`: how long a session without a connection can be resumed. Default 3 minutes.
 * - `interactionDeadline`: how long a command waits for its first answer. Default 3 seconds.
 * - `interactionTimeToLive`: how long its token is good after that. Default 15 minutes.
 * - `disallowedIntents`: intents that get 4014, as bits. Default none.
 */
export interface Options {
  readonly port?: number | undefined
  readonly token?: string | undefined
  readonly heartbeatInterval?: Duration.Input | undefined
  readonly heartbeatGrace?: Duration.Input | undefined
  readonly identifyEvery?: Duration.Input | undefined
  readonly identifyLimit?: number | undefined
  readonly sessionTimeToLive?: Duration.Input | undefined
  readonly interactionDeadline?: Duration.Input | undefined
  readonly interactionTimeToLive?: Duration.Input | undefined
  readonly disallowedIntents?: number | undefined
}

/** A token of the right shape (the bot's id in base64 first) that opens nothing but the sandbox. */
export const defaultToken = `${Buffer.from("1300000000000000002").toString("base64url")}.sandbox.not-a-secret`

export type Settings = ReturnType<typeof settingsOf>

export const settingsOf = (options: Options) => ({
  port: options.port ?? 0,
  token: options.token ?? defaultToken,
  heartbeatInterval: Duration.fromInputUnsafe(options.heartbeatInterval ?? "41250 millis"),
  heartbeatGrace: Duration.fromInputUnsafe(options.heartbeatGrace ?? "20 seconds"),
  identifyEvery: Duration.fromInputUnsafe(options.identifyEvery ?? "5 seconds"),
  identifyLimit: options.identifyLimit ?? 1000,
  sessionTimeToLive: Duration.fromInputUnsafe(options.sessionTimeToLive ?? "3 minutes"),
  interactionDeadline: Duration.fromInputUnsafe(options.interactionDeadline ?? "3 seconds"),
  interactionTimeToLive: Duration.fromInputUnsafe(options.interactionTimeToLive ?? "15 minutes"),
  disallowedIntents: options.disallowedIntents ?? 0
})
