/**
 * What the bot does after each close code of Discord's gateway. A code that is not in the table ends the connection only: the
 * bot resumes its session. Source: Discord's gateway close event codes.
 */
import { badToken, portal, Refused } from "./refusal.ts"

/** `"new session"`: Discord has no session to resume, so the bot logs in again. `Refused`: trying again is pointless. */
type Meaning = "new session" | Refused

const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [1000, "new session"],
  [1001, "new session"],
  [4003, "new session"],
  [4004, badToken],
  [4005, "new session"],
  [4007, "new session"],
  [4010, new Refused({ detail: "the shard it names does not exist (4010)." })],
  [
    4011,
    new Refused({
      detail: "it is in too many servers for one connection and needs sharding (4011). Set DISCORD_SHARDS to 2 or more."
    })
  ],
  [4012, new Refused({ detail: "this version of the gateway is no longer served (4012). Update @discordjs/ws." })],
  [4013, new Refused({ detail: "the intents it asks for are invalid (4013)." })],
  [
    4014,
    new Refused({
      detail: "it asks for an intent that is not enabled (4014). Enable \"Message Content Intent\" at " +
        `${portal} (your application, Bot), or set DISCORD_READ_MESSAGES=false for slash commands only.`
    })
  ]
])

/** Whether Discord has no session to resume after this close; undefined while there was none. */
export const endsSession = (code: number | undefined): boolean =>
  code !== undefined && meanings.get(code) === "new session"

/** What a close says for good, if it does. */
export const refusalOf = (code: number): Refused | undefined => {
  const meaning = meanings.get(code)
  return meaning instanceof Refused ? meaning : undefined
}
