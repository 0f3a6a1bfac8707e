/** Starts some threads, or processes, and prints how much memory all of them have, in megabytes: without the pages of files, which are shared. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Actor, System, Thread } from "heddle"
import { readdirSync, readFileSync } from "node:fs"
import { Target } from "./Target.ts"

const isolation = process.argv.includes("process") ? "process" : "thread"
const restingMillis = 3000

interface Process {
  readonly parent: number
  readonly megabytes: number
}

/** What is known of a process; nothing if it has just ended. */
const look = (pid: string): Process | undefined => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    const of = (kind: string) => Number(new RegExp(`^${kind}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0)
    return { parent: of("PPid"), megabytes: (of("RssAnon") + of("RssShmem")) / 1024 }
  } catch {
    return undefined
  }
}

const total = (): number => {
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(look).filter((found) =>
    found?.parent === process.pid
  )
  return [look("self"), ...children].reduce((sum, found) => sum + (found?.megabytes ?? 0), 0)
}

System.run(import.meta, {
  threads: {
    target: Thread.make({
      actors: [Actor.lazy(Target, () => import("./TargetLayer.ts"))],
      isolation,
      // None is given while it is built.
      instances: Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 1)
    })
  }
}, Effect.andThen(Effect.sleep(restingMillis), Effect.suspend(() => Console.log(JSON.stringify(total())))))
