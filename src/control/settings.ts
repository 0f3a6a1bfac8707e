/**
 * The settings in force of a system: what was declared with all defaults, and what the environment says. Nothing that is secret.
 */
import * as Schema from "effect/Schema"
import type { ThreadSpec, Topology } from "./topology.ts"

/** Some settings under a title, each with its value in words. */
const Section = Schema.Struct({
  title: Schema.String,
  settings: Schema.Array(Schema.Tuple([Schema.String, Schema.String]))
})
type Section = typeof Section.Type

/** Those of the system, of the environment, and of each declared thread. */
export const Settings = Schema.Struct({
  system: Section,
  environment: Section,
  threads: Schema.Array(Section)
})
export type Settings = typeof Settings.Type

const seconds = (millis: number): string => {
  if (!Number.isFinite(millis)) return "no limit"
  return millis < 1000 ? `${millis} ms` : `${millis / 1000} s`
}

/** Reads the settings of a declaration and of the environment. Pure. */
export const settingsOf = (
  topology: Topology,
  environment: Readonly<Record<string, string | undefined>>
): Settings => ({
  system: {
    title: "System",
    settings: [
      ["config", topology.module],
      ["strategy", topology.strategy],
      ["startup", topology.startup],
      ["shutdownTimeout", seconds(topology.shutdownTimeoutMillis)],
      ["layer", topology.layer === undefined ? "none" : "its own"],
      ["storage", topology.storage?.kind ?? "none"]
    ]
  },
  environment: { title: "Environment", settings: variablesOf(environment) },
  threads: topology.threads.filter(({ group }) => group.index === 0).map((spec) => ({
    title: spec.group.name,
    settings: ofThread(spec)
  }))
})

/** The settings of a thread, with their defaults. */
const ofThread = (spec: ThreadSpec): Section["settings"] => {
  const { recycle, resourceLimits, restart } = spec
  return [
    ["instances", String(spec.group.count)],
    ["isolation", spec.isolation],
    ["restart", restart.policy],
    ["backoff", `${seconds(restart.minMillis)} to ${seconds(restart.maxMillis)}, times ${restart.factor}`],
    ["limit", `${restart.failures} failures, forgotten after ${seconds(restart.resetAfterMillis)}`],
    ["onGiveUp", spec.onGiveUp],
    ["startTimeout", seconds(spec.startTimeoutMillis)],
    ["shutdownTimeout", seconds(spec.shutdownTimeoutMillis)],
    ["stallAfter", seconds(spec.stallAfterMillis)],
    ["onStall", spec.onStall],
    ["onUnkillable", spec.onUnkillable],
    ["debugger", spec.debugger],
    ["childProcesses", spec.childProcesses],
    ["standby", String(spec.standby)],
    ["recycle", recycle === undefined ? "never" : JSON.stringify(recycle)],
    ["resourceLimits", resourceLimits === undefined ? "those of Node" : JSON.stringify(resourceLimits)],
    ["layer", spec.layer === undefined ? "none" : "its own"]
  ]
}

/** What heddle and its exporter read; all else is the program's. */
const isKnown = (name: string): boolean => /^(HEDDLE_|OTEL_)/.test(name) || name === "HOST" || name === "PORT"

/** Variables whose values open something. Addresses may have passwords in them. */
const isSecret = (name: string, value: string): boolean =>
  /TOKEN|SECRET|PASSWORD|KEY|HEADERS/.test(name) || /\/\/[^/@]*@/.test(value)

const variablesOf = (environment: Readonly<Record<string, string | undefined>>): Section["settings"] =>
  Object.entries(environment).flatMap(([name, value = ""]): Section["settings"] =>
    isKnown(name) ? [[name, isSecret(name, value) ? "set, and not shown" : value]] : []
  ).toSorted(([a], [b]) => a < b ? -1 : 1)
