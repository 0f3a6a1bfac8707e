/** Decides whether the bot is connected to Discord. Pure. */
import type { Check } from "heddle/Dashboard"
import type { BotStatus } from "../discord/DiscordBot.ts"
import type { Answer } from "./asking.ts"

/**
 * Checks that each shard of the bot is connected to Discord, by what it says of itself.
 *
 * **Details**
 * - A heartbeat that Discord should have answered by now makes it uncertain: that is not ok.
 */
export const ofBots = (answers: ReadonlyArray<Answer<BotStatus>>): ReadonlyArray<Check> =>
  answers.map(({ value: status, why }, shard) => {
    const name = answers.length === 1 ? "discord" : `discord shard ${shard}`
    if (status === null) return { name, ok: false, detail: why }
    if (status.state === "refused") return { name, ok: false, detail: status.problem ?? "Discord refuses the bot" }
    if (status.state !== "ready") {
      const problem = status.problem === null ? "" : `: ${status.problem}`
      return { name, ok: false, detail: `the bot is ${status.state}${problem}` }
    }
    const sign = status.signAgeMillis === null ? "" : `; last sign of life ${seconds(status.signAgeMillis)} ago`
    return status.isUncertain
      ? { name, ok: false, detail: `uncertain: a heartbeat is overdue${sign}` }
      : { name, ok: true, detail: `connected as ${status.user ?? "unknown"}${sign}` }
  })

/**
 * The same as a part of the system's readiness.
 *
 * **Details**
 * - A bot that doesn't answer is not among them: that it doesn't is a check of its own. An overdue heartbeat is no reason yet
 *   to send nobody here.
 */
export const forReadiness = (answers: ReadonlyArray<Answer<BotStatus>>): ReadonlyArray<Check> =>
  ofBots(answers).flatMap((check, shard) => {
    const status = answers[shard]?.value
    if (status === null || status === undefined) return []
    return [status.state === "ready" && status.isUncertain ? { ...check, ok: true } : check]
  })

const seconds = (millis: number): string => `${(millis / 1000).toFixed(millis < 10_000 ? 1 : 0)} s`
