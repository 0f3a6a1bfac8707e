/** `/health` says how the bot and the threads of the system are. */
import * as Effect from "effect/Effect"
import type { System } from "heddle"
import * as Command from "../Command.ts"
import type { BotStatus } from "../DiscordBot.ts"
import { plain, plural } from "../words.ts"

const report = ({ status, threads }: Command.Bot): Effect.Effect<string> =>
  Effect.gen(function*() {
    const bot = botLine(yield* status)
    return yield* Effect.match(threads, {
      onSuccess: (all) => [bot, ...all.map(threadLine)].join("\n"),
      onFailure: (error) => `${bot}\nI could not ask the supervisor about the threads: ${error.message}`
    })
  })

const answer = (bot: Command.Bot) =>
  Effect.map(report(bot), (content) => ({
    content,
    buttons: [{ button: "again", label: "Look again", style: "secondary" }] as const
  }))

export default Command.make({
  name: "health",
  description: "How the bot and every thread of the system are",
  locales: { de: { description: "Wie es dem Bot und jedem Thread des Systems geht" } },
  buttons: { again: { run: ({ bot }) => answer(bot) } },
  run: ({ bot }) => answer(bot)
})

const botLine = (status: BotStatus): string => {
  const facts = [
    status.user === null ? null : `logged in as ${plain(status.user)}`,
    `${status.mode === "sandbox" ? "in the sandbox" : "on Discord"}`,
    status.sessionAgeMillis === null ? null : `session ${age(status.sessionAgeMillis)} old`,
    status.problem === null ? null : plain(status.problem),
    status.isUncertain ? "a heartbeat is overdue" : null,
    status.lastAckAgeMillis === null ? null : `last heartbeat answered ${age(status.lastAckAgeMillis)} ago`,
    `${status.reconnects} reconnects`,
    `${status.resumes} resumes`
  ]
  return `**Bot** ${status.state}: ${facts.filter((fact) => fact !== null).join(", ")}`
}

const threadLine = ({ incarnation, name, restarts, state }: System.ThreadStatus): string =>
  `- thread **${plain(name)}**: ${state}, incarnation ${incarnation}, ${plural(restarts, "restart")}`

const age = (millis: number): string =>
  millis < 10_000
    ? `${(millis / 1000).toFixed(1)} s`
    : millis < 120_000
    ? `${Math.round(millis / 1000)} s`
    : `${Math.round(millis / 60_000)} min`
