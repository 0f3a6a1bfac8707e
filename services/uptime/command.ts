/** `/uptime`: how the watched addresses are. The example of a command in services/README.md. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "../discord/Command.ts"
import { Uptime } from "./Uptime.ts"

const report = Effect.fnUntraced(function*(url: string, locale: string) {
  const uptime = yield* Uptime
  const watched = (yield* uptime.Status()).find((health) => health.url === url)
  if (watched === undefined) return yield* new Command.Failed({ detail: `Nobody watches <${url}>.` })
  const [up, down] = locale === "de" ? ["erreichbar", "nicht erreichbar"] : ["up", "down"]
  return {
    content: `<${url}>: ${watched.up ? up : `${down}, ${watched.why}`}`,
    buttons: [{ button: "again", label: "Look again", argument: url }] as const
  }
})

export default Command.make({
  name: "uptime",
  description: "How a watched address is",
  locales: { de: { description: "Wie es einer Adresse geht", options: { url: { description: "Die Adresse" } } } },
  options: { url: Schema.String.annotate({ description: "The address" }) },
  permissions: ["ManageGuild"],
  isPrivate: true,
  complete: {
    url: Effect.fnUntraced(function*(typed) {
      const uptime = yield* Uptime
      return (yield* uptime.Status()).map(({ url }) => url).filter((url) => url.includes(typed))
    })
  },
  buttons: { again: { run: ({ argument, locale }) => report(argument, locale) } },
  run: ({ locale, options: { url } }) => report(url, locale)
})
