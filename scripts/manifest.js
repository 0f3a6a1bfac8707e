// npm runs this around packing. `published` writes the package.json that users get: it points at the compiled files,
// since Node strips no types inside node_modules, and names what src needs and the shipped services don't.
// `development` puts the repository's own back.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"

const [file, kept] = ["package.json", "package.json.development"]

const compiled = (paths) =>
  JSON.parse(JSON.stringify(paths).replaceAll("./src/", "./dist/").replaceAll(".ts\"", ".js\""))

if (existsSync(kept)) renameSync(kept, file)

if (process.argv[2] === "published") {
  const text = readFileSync(file, "utf8")
  const { allowScripts: _, bin, dependencies, devDependencies: __, exports, scripts: ___, ...rest } = JSON.parse(text)
  const { "@effect/platform-node": platform, effect } = dependencies
  writeFileSync(kept, text)
  writeFileSync(
    file,
    `${
      JSON.stringify(
        {
          ...rest,
          exports: compiled(exports),
          bin: compiled(bin),
          dependencies: { "@effect/platform-node": platform },
          // One copy of Effect for the framework and its user: their services and schemas meet.
          peerDependencies: { effect }
        },
        null,
        2
      )
    }\n`
  )
}
