/** The npm package heddle-discord-sandbox, as `npx` runs it: from a tarball, in an empty folder, without the registry. */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Client, GatewayIntentBits } from "discord.js"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { nodes, root, run } from "../packing.ts"

const work = mkdtempSync(join(tmpdir(), "heddle-sandbox-package-"))
const made = join(work, "made")
const project = join(work, "project")
afterAll(() => rmSync(work, { recursive: true, force: true }))

await run(root, nodes[26], "node", "tools/run.js")
await run(root, nodes[26], "node", "scripts/sandbox.js", made)
await run(made, nodes[26], "npm", "pack", "--silent", "--pack-destination", work)
const tarball = join(work, readdirSync(work).find((name) => name.endsWith(".tgz")) ?? "")
mkdirSync(project)
writeFileSync(join(project, "package.json"), "{}")
await run(project, nodes[26], "npm", "install", "--offline", "--no-audit", "--no-fund", tarball)

/** Runs `npx heddle-discord-sandbox` with one of the Nodes until the work is done. */
const withSandbox = async (path: string, work: (url: string, token: string) => Promise<void>): Promise<void> => {
  const child = spawn("npx", ["--offline", "heddle-discord-sandbox", "--port", "0"], {
    cwd: project,
    env: { ...process.env, PATH: `${path}:${process.env["PATH"]}` },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true
  })
  const exited = once(child, "exit")
  try {
    let printed = ""
    for await (const chunk of child.stdout) {
      printed += String(chunk)
      if (/DISCORD_TOKEN=.*\n/.test(printed)) break
    }
    const [, url = "", token = ""] = /export DISCORD_API_URL=(\S+)\nexport DISCORD_TOKEN=(\S+)\n/.exec(printed) ?? []
    await work(url, token)
  } finally {
    // npx and what it has started.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM")
    await exited
  }
}

describe("the package heddle-discord-sandbox", () => {
  it("The package heddle-discord-sandbox has no dependency, the licences of what it contains, and nothing of this machine.", () => {
    const manifest = JSON.parse(readFileSync(join(made, "package.json"), "utf8"))
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    assert.deepInclude(manifest, { name: "heddle-discord-sandbox", version })
    assert.notProperty(manifest, "dependencies")
    const licences = readFileSync(join(made, "LICENSES.txt"), "utf8")
    for (const name of ["effect", "ws", "preact", "htm"]) assert.match(licences, new RegExp(`^${name} \\d`, "m"))
    for (const file of ["cli.js", "bin.js", "package.json"]) {
      assert.notInclude(readFileSync(join(made, file), "utf8"), root)
    }
  })

  for (const [version, path] of Object.entries(nodes)) {
    it(`The package heddle-discord-sandbox runs with Node ${version}: a bot of discord.js logs in, and the page is whole.`, () =>
      withSandbox(path, async (url, token) => {
        assert.include(await (await fetch(url)).text(), "<title>Discord sandbox</title>")
        const files = readdirSync(join(made, "page")).filter((name) => /\.(js|css)$/.test(name))
        assert.include(files, "preact.js")
        for (const name of files) {
          const file = await fetch(`${url}/page/${name}`)
          assert.strictEqual(file.status, 200, name)
          assert.strictEqual(await file.text(), readFileSync(join(made, "page", name), "utf8"))
        }
        const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: `${url}/api` } })
        try {
          const ready = once(client, "clientReady")
          await client.login(token)
          await ready
          assert.strictEqual(client.guilds.cache.size, 1)
        } finally {
          await client.destroy()
        }
      }))
  }
})
