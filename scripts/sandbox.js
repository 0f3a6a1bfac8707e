// `npm run sandbox:package [-- FOLDER]` makes the npm package heddle-discord-sandbox: the services' sandbox with all that it
// needs in one file, and its page. It depends on nothing, so `npx heddle-discord-sandbox` has one package to fetch.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { dirname, join } from "node:path"
import { rolldown } from "rolldown"

const source = "services/discord/sandbox"
const [folder = "services/dist/heddle-discord-sandbox"] = process.argv.slice(2)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

const replaced = (text, from, to) => {
  if (!text.includes(from)) throw new Error(`${from} is not where it is to be replaced`)
  return text.replace(from, to)
}

// What only quickens a WebSocket if it happens to be there stays outside.
const bundler = await rolldown({
  input: { cli: join(source, "cli.ts") },
  platform: "node",
  external: ["bufferutil", "utf-8-validate"]
})
const { output } = await bundler.generate({
  format: "esm",
  codeSplitting: false,
  comments: { legal: true, annotation: false, jsdoc: false }
})
await bundler.close()
const [chunk, ...others] = output
if (others.length > 0) throw new Error(`the bundle has more than one file: ${output.map((part) => part.fileName)}`)

cpSync(join(source, "page"), join(folder, "page"), { recursive: true })
// What it shares with the dashboard's page: `pageParts`.
for (const name of ["palette.css", "scroll.js", "words.js"]) {
  cpSync(join("src/dashboard/page", name), join(folder, "page", name))
}
const library = "htm/preact/standalone.mjs"
const htm = dirname(findPackageJSON("htm", import.meta.url))
cpSync(join(htm, "preact/standalone.mjs"), join(folder, "page/preact.js"))
writeFileSync(join(folder, "cli.js"), replaced(chunk.code, `"${library}"`, `"./page/preact.js"`))
writeFileSync(join(folder, "bin.js"), replaced(readFileSync(join(source, "bin.js"), "utf8"), "./cli.ts", "./cli.js"), {
  mode: 0o755
})

/** The folder of the package that a module is from; nothing for one of heddle's own. */
const packageOf = (id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0]
const packages = new Set([
  ...chunk.moduleIds.flatMap((id) => packageOf(id) ?? []),
  htm,
  dirname(findPackageJSON("preact", import.meta.url))
])
const licences = [...packages].map((path) => {
  const { license, name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"))
  const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name))
  return `${name} ${version}, ${license}\n\n${
    file === undefined ? "" : readFileSync(join(path, file), "utf8").trim()
  }\n`
})
writeFileSync(join(folder, "LICENSES.txt"), `This package contains:\n\n${licences.toSorted().join("\n")}`)

const { engines, license, repository, version } = JSON.parse(readFileSync("package.json", "utf8"))
const manifest = {
  name: "heddle-discord-sandbox",
  version,
  description: "A Discord on your machine, to develop any bot against: gateway, REST API, and a page for people.",
  keywords: ["discord", "bot", "sandbox", "mock", "gateway", "testing"],
  license,
  ...(repository === undefined ? {} : { repository }),
  type: "module",
  bin: { "heddle-discord-sandbox": "bin.js" },
  engines
}
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`)
cpSync(join(source, "README.md"), join(folder, "README.md"))
if (existsSync("LICENSE")) cpSync("LICENSE", join(folder, "LICENSE"))
