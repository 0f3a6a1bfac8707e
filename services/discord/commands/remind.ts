/** `/remind 10m text` says something later, a restart in between or not. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "../Command.ts"
import { Deliveries } from "../Deliveries.ts"
import { inMillis } from "../spans.ts"
import { clip } from "../words.ts"

const longestText = 1000
const longestMillis = 366 * 86_400_000

const hint = "Write it as `10m`, `2h30m` or `3d`: up to a year."

export default Command.make({
  name: "remind",
  description: "Reminds you of something later",
  locales: {
    de: {
      description: "Erinnert dich später an etwas",
      options: { in: { description: "Wann: 10m, 2h30m, 3d" }, text: { description: "Woran" } }
    }
  },
  options: {
    in: Schema.String.annotate({ description: "When: 10m, 2h30m, 3d" }),
    text: Schema.String.annotate({ description: "What of" })
  },
  // It is written down, so nobody may have too many written at a time.
  isWork: true,
  run: Effect.fnUntraced(function*({ channelId, options, user }) {
    const after = inMillis(options.in)
    if (after === undefined || after > longestMillis) {
      return yield* new Command.Failed({ detail: `I can't read "${clip(options.in, 50)}" as a time. ${hint}` })
    }
    const deliveries = yield* Deliveries
    const text = clip(options.text.trim(), longestText)
    yield* deliveries.Remind({ channelId, userId: user.id, text }, { discard: true, after })
    const at = Math.round((Date.now() + after) / 1000)
    return `I'll remind you <t:${at}:R>.`
  })
})
