/** npm stands between a terminal, or an init system, and the system: signals must get through it, once each. */
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

const endedBy = (signal: NodeJS.Signals, to: "npm" | "everyone") =>
  new Promise<{ readonly code: number | null; readonly output: string }>((resolve) => {
    const npm = spawn("npm", ["start"], {
      cwd: root,
      detached: true,
      env: { ...process.env, PORT: "0", DISCORD_TOKEN: "" }
    })
    const group = (signal: NodeJS.Signals): void => void (npm.pid !== undefined && process.kill(-npm.pid, signal))
    const late = setTimeout(() => group("SIGKILL"), 20_000)
    let output = ""
    let sent = false
    const read = (text: string): void => {
      output += text
      if (sent || !output.includes("thread \"bot\" #1 is ready")) return
      sent = true
      if (to === "npm") npm.kill(signal)
      else group(signal)
    }
    npm.stdout.setEncoding("utf8").on("data", read)
    npm.stderr.setEncoding("utf8").on("data", read)
    npm.on("close", (code) => {
      clearTimeout(late)
      resolve({ code, output })
    })
  })

for (
  const [what, signal, to] of [
    ["SIGTERM to npm, as an init system sends it", "SIGTERM", "npm"],
    ["SIGINT to the whole group, as a terminal's Ctrl-C sends it", "SIGINT", "everyone"]
  ] as const
) {
  it(`npm start: ${what}, is one stop in order with exit code 0.`, async () => {
    const { code, output } = await endedBy(signal, to)
    assert.strictEqual(code, 0, output)
    assert.match(output, / stopped\n$/)
  })
}
