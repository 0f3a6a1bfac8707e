/** Runs the bot's commands and their buttons: within limits, and with an answer whatever becomes of them. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as answers from "./answers.ts"
import type * as Command from "./commandTypes.ts"
import { explainActor } from "./explain.ts"
import type { Limits } from "./limiting.ts"
import { type Body, bodyOf, text as bodyOfText } from "./reply.ts"
import { clip } from "./words.ts"

const broken = "Something went wrong inside me. The log of the system says what."
const proposedWithin = "2 seconds"

type Asked = Omit<Command.Asked, "progress">

const commandsTotal = Metric.counter("discord_commands_total", { description: "Commands that were run, by name." })

const count = (command: string): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(commandsTotal, { command }), 1)

/** Counts a command when its answer is looked for. */
export const counted = <R>(name: string, answer: answers.Answer<R>): answers.Answer<R> => ({
  ...answer,
  body: (progress) => Effect.andThen(count(name), answer.body(progress))
})

/** Runs a command or a button of it, work only within the limits, and puts its outcome in words, whatever it is. */
export const answeringWith = (limits: Limits) =>
<R>(
  { isWork, name }: Command.Command<R>,
  asker: Asked,
  place: answers.Answer<R>["place"],
  run: (progress: Command.Asked["progress"]) => Effect.Effect<Command.Reply, Command.Failure, R>
): answers.Answer<R> => {
  const found = (progress: Command.Asked["progress"]): Effect.Effect<Body, never, R> =>
    run(progress).pipe(
      Effect.map((reply) => bodyOf(name, reply)),
      Effect.catch((error) =>
        Effect.succeed(bodyOfText(error._tag === "CommandFailed" ? error.detail : explainActor(error)))
      ),
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError(`The bot's command /${name} died`, defect), bodyOfText(broken))
      )
    )
  return counted(name, {
    isSlow: isWork,
    place,
    body: (progress) =>
      Effect.suspend(() => {
        if (!isWork) return found(progress)
        const begun = limits.begin({ userId: asker.user.id, channelId: asker.channelId }, performance.now())
        if (typeof begun === "string") return Effect.succeed(bodyOfText(begun))
        return Effect.ensuring(found(progress), Effect.sync(begun.end))
      })
  })
}

const mostChoices = 25

/** The values to propose; none when the command fails, or takes too long. */
export const proposed = <R>(
  { name, option }: { readonly name: string; readonly option: string },
  proposals: Effect.Effect<ReadonlyArray<Command.Choice>, Command.Failure, R> | undefined
) =>
  (proposals ?? Effect.succeed([])).pipe(
    Effect.map((choices) =>
      choices.slice(0, mostChoices).map((choice) =>
        typeof choice === "string"
          ? { name: clip(choice, 100), value: choice.slice(0, 100) }
          : { name: clip(choice.name, 100), value: choice.value }
      )
    ),
    Effect.timeoutOrElse({ duration: proposedWithin, orElse: () => Effect.succeed([]) }),
    Effect.sandbox,
    Effect.catch((cause) =>
      Effect.as(Effect.logWarning(`The bot can't propose values for ${option} of /${name}`, cause), [])
    )
  )
