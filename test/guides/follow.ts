/** Follows a guide in an empty folder, with this repository as the package `heddle`. */
import { assert } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { missing, type Step } from "./guide.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

interface Running {
  readonly command: string
  readonly child: ChildProcess
  readonly printed: () => string
  readonly complete: Promise<void>
  readonly ended: Promise<number>
}

/** The packages that a command installs: `npm install heddle effect`. */
const installedBy = (command: string): ReadonlyArray<string> | undefined =>
  command.startsWith("npm install ") ? command.split(" ").slice(2).filter((name) => !name.startsWith("-")) : undefined

/** Links a package of the repository into the project, with the commands that it brings. */
const install = (folder: string, name: string): void => {
  const [from, to] = [name === "heddle" ? root : join(root, "node_modules", name), join(folder, "node_modules", name)]
  assert.isTrue(existsSync(from), `the package ${name} is not installed`)
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to)
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true })
  for (const bin of readdirSync(join(root, "node_modules/.bin"))) {
    const target = realpathSync(join(root, "node_modules/.bin", bin))
    if (target.startsWith(realpathSync(from)) && (name !== "heddle" || bin === "heddle")) {
      symlinkSync(target, join(folder, "node_modules/.bin", bin))
    }
  }
}

/** Runs a command, and reports when its output has all of the wanted lines. */
const run = (
  command: string,
  wanted: ReadonlyArray<string>,
  cwd: string,
  { env, normal }: Pick<Options, "env" | "normal">
): Running => {
  // npx finds what is in node_modules/.bin, and hides its exit code after a signal.
  const child = spawn("sh", ["-c", `exec env ${command.replace(/\bnpx /, "")}`], {
    cwd,
    env: { ...env, PATH: `${join(cwd, "node_modules/.bin")}:${env?.["PATH"]}` },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true
  })
  let text = ""
  const complete = Promise.withResolvers<void>()
  const look = () => {
    if (missing(text, wanted, normal) === undefined) complete.resolve()
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part) => {
      text += part
      look()
    })
  }
  look()
  return {
    command,
    child,
    printed: () => text,
    complete: complete.promise,
    ended: once(child, "close").then(([code]) => Number(code ?? 128))
  }
}

/** Signals a command and all that it started, as a terminal does at Ctrl-C. */
const signal = ({ exitCode, pid, signalCode }: ChildProcess, name: NodeJS.Signals): void => {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, name)
}

/** Changes a command of the guide so that it can be run here. */
export interface Options {
  /** Packages that the guide takes for granted: an earlier one has installed them. */
  readonly installed?: ReadonlyArray<string>
  readonly files?: Readonly<Record<string, string>>
  readonly env?: NodeJS.ProcessEnv
  /** Replaces parts of commands, of files and of what they print: ports. */
  readonly replace?: Readonly<Record<string, string>>
  /** What of a line is compared; by default all but times and durations. */
  readonly normal?: (line: string) => string
  /** How long a command may take to print what the guide says, in milliseconds. */
  readonly patienceMillis?: number
  /** Runs before what still runs is ended. */
  readonly check?: (folder: string) => Promise<void>
  /** What can't be run here is checked otherwise: true when it was. */
  readonly instead?: (command: string, folder: string) => Promise<boolean>
}

export const follow = async (steps: ReadonlyArray<Step>, options: Options = {}): Promise<void> => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "heddle-guide-")))
  const env = { ...process.env, NO_COLOR: "1", ...options.env }
  const adapt = (text: string): string =>
    Object.entries(options.replace ?? {}).reduce((text, [from, to]) => text.replaceAll(from, to), text)
  const alive: Array<Running> = []
  try {
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
    for (const name of options.installed ?? []) install(folder, name)
    for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), text)
    for (const step of steps) {
      if (step._tag === "File") {
        assert.isTrue(step.isAnnounced, `the text before ${step.name} does not name it`)
        mkdirSync(dirname(join(folder, step.name)), { recursive: true })
        writeFileSync(join(folder, step.name), adapt(step.text))
        continue
      }
      for (const [index, command] of step.commands.map(adapt).entries()) {
        const packages = installedBy(command)
        if (packages !== undefined) packages.forEach((name) => install(folder, name))
        if (packages !== undefined || await options.instead?.(command, folder)) continue
        const isLast = index === step.commands.length - 1
        const wanted = isLast ? step.prints.map(adapt) : []
        const running = run(command, wanted, folder, { ...options, env })
        alive.push(running)
        const late = AbortSignal.timeout(options.patienceMillis ?? 50_000)
        if (isLast && wanted.length > 0) await Promise.race([running.complete, running.ended, once(late, "abort")])
        else assert.strictEqual(await running.ended, 0, `${command}\n${running.printed()}`)
        assert.isUndefined(
          missing(running.printed(), wanted, options.normal),
          `${command} did not print this. It printed:\n${running.printed()}`
        )
      }
    }
    await options.check?.(folder)
    for (const { child, command, ended, printed } of alive.toReversed()) {
      signal(child, "SIGINT")
      assert.strictEqual(await ended, 0, `${command}\n${printed()}`)
    }
  } finally {
    for (const { child } of alive) signal(child, "SIGKILL")
    rmSync(folder, { recursive: true })
  }
}
