/** When Discord will not have the bot, now or later: trying again is pointless, and may cost the token. */
import * as Schema from "effect/Schema"

export class Refused extends Schema.TaggedError<Refused>()("Refused", { detail: Schema.String }) {
  override get message(): string {
    return `Discord refuses the bot: ${this.detail}`
  }
}

/** Where operators find their application. */
export const portal = "https://discord.com/developers"

/** The token is wrong: a signed request was answered with 401, or the gateway closed with 4004. */
export const badToken = new Refused({
  detail:
    `its token is not valid. Set DISCORD_TOKEN to the token from ${portal} (your application, Bot, Reset Token), ` +
    "then start again."
})
