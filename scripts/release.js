// `npm version minor` runs `date`: it turns what is unreleased in CHANGELOG.md into the section of the new version. The release
// workflow runs `verify TAG`: the tag, package.json and CHANGELOG.md agree, and npm can tell where the package comes from.
import { readFileSync, writeFileSync } from "node:fs"

const changelog = readFileSync("CHANGELOG.md", "utf8")
const { repository, version } = JSON.parse(readFileSync("package.json", "utf8"))

/** Everything that is wrong, in one error. */
const refuse = (problems) => {
  if (problems.length === 0) return
  console.error(problems.map((problem) => `release: ${problem}`).join("\n"))
  process.exit(1)
}

const unreleased = "## [Unreleased]\n"

const date = () => {
  const start = changelog.indexOf(unreleased)
  const end = start + unreleased.length
  const [entries = ""] = changelog.slice(end).split(/^## /m)
  refuse([
    ...(start < 0 ? ["CHANGELOG.md has no section \"## [Unreleased]\""] : []),
    ...(start >= 0 && entries.trim() === "" ? ["nothing is unreleased in CHANGELOG.md"] : []),
    ...(changelog.includes(`## [${version}]`) ? [`CHANGELOG.md has a section [${version}] already`] : [])
  ])
  const today = new Date().toISOString().slice(0, 10)
  writeFileSync("CHANGELOG.md", `${changelog.slice(0, end)}\n## [${version}] - ${today}\n${changelog.slice(end)}`)
}

const verify = (tag) => {
  const url = typeof repository === "string" ? repository : repository?.url
  refuse([
    ...(tag === `v${version}` ? [] : [`the tag is ${tag}, and package.json says ${version}`]),
    ...(new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d{2}-\\d{2}$`, "m").test(changelog)
      ? []
      : [`CHANGELOG.md has no section "## [${version}] - <date>"`]),
    ...(typeof url === "string" ? [] : ["package.json has no \"repository\"; npm needs it for provenance"])
  ])
}

const [, , command, tag] = process.argv
if (command === "date") date()
else if (command === "verify") verify(tag ?? "")
else refuse([`"${command ?? ""}" is not a command; there are date and verify`])
