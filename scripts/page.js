// The build runs this after the compiler: the dashboard's page goes into `dist` as it is, and with it the library that it is
// written with, so that an installed package needs no other.
import { cpSync, readFileSync, writeFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { dirname, join } from "node:path"

const page = "dist/dashboard/page"
cpSync("src/dashboard/page", page, { recursive: true })

const library = "htm/preact/standalone.mjs"
const folderOf = (name) => dirname(findPackageJSON(name, import.meta.url))
const licenceOf = (name) => readFileSync(join(folderOf(name), "LICENSE"), "utf8").trim()
const [htm, preact] = ["htm", "preact"].map(licenceOf)
writeFileSync(
  join(page, "LICENSES.txt"),
  `preact.js contains htm and preact.\n\nhtm\n\n${htm}\n\npreact\n\n${preact}\n`
)
// A bundle has the script without the file of licences.
const notice =
  `htm, Copyright 2018 Google Inc., Apache License 2.0: https://www.apache.org/licenses/LICENSE-2.0\n\npreact\n\n${preact}`
const script = readFileSync(join(folderOf("htm"), "preact/standalone.mjs"), "utf8")
writeFileSync(join(page, "preact.js"), `/*!\n${notice}\n*/\n${script}`)

const files = "dist/dashboard/parts.js"
const source = readFileSync(files, "utf8")
if (!source.includes(`"${library}"`)) throw new Error(`${files} does not read ${library}`)
writeFileSync(files, source.replace(`"${library}"`, `"./page/preact.js"`))
