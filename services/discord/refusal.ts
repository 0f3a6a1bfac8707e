/** When Discord will not have the bot, now or later: trying again is pointless, and may cost the token. */
import * as Schema from "effect/Schema"

export class Refused extends Schema.TaggedError<Refused>()("Refused", { detail: Schema.String }) {
  override get message(): string {
    return `Discord refuses the bot: ${this.detail}`
  }
}

const portal = "https://discord.com/developers"

/** The token is wrong: a signed request was answered with 401, or the gateway closed with 4004. */
export const badToken = new Refused({
  detail:
    `its token is not valid. Set DISCORD_TOKEN to the token from ${portal} (your application, Bot, Reset Token), ` +
    "then start again."
})

/** Finds what a close code of the gateway says for good, if it does. Source: Discord's gateway close event codes. */
export const fromCloseCode = (code: number): Refused | undefined => {
  switch (code) {
    case 4004:
      return badToken
    case 4010:
      return new Refused({ detail: "the shard it names does not exist (4010)." })
    case 4011:
      return new Refused({
        detail:
          "it is in too many servers for one connection and needs sharding (4011). Set DISCORD_SHARDS to 2 or more."
      })
    case 4012:
      return new Refused({ detail: "this version of the gateway is no longer served (4012). Update @discordjs/ws." })
    case 4013:
      return new Refused({ detail: "the intents it asks for are invalid (4013)." })
    case 4014:
      return new Refused({
        detail: "it asks for an intent that is not enabled (4014). Enable \"Message Content Intent\" at " +
          `${portal} (your application, Bot), or set DISCORD_READ_MESSAGES=false for slash commands only.`
      })
    default:
      return undefined
  }
}
