import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const script = fileURLToPath(new URL("../scripts/release.js", import.meta.url))

/** Runs the script in a folder with a manifest and a changelog. */
const release = (
  { args, changelog, manifest }: {
    readonly args: ReadonlyArray<string>
    readonly changelog: string
    readonly manifest: object
  }
) => {
  const cwd = mkdtempSync(join(tmpdir(), "heddle-release-"))
  try {
    writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest))
    writeFileSync(join(cwd, "CHANGELOG.md"), changelog)
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { cwd, encoding: "utf8" })
    return { status, stderr, changelog: readFileSync(join(cwd, "CHANGELOG.md"), "utf8") }
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

const today = () => new Date().toISOString().slice(0, 10)
const version = "1.2.3"
const repository = { type: "git", url: "https://example.org/heddle.git" }

describe("A release", () => {
  it("A release dates what is unreleased, and leaves an empty section for what comes.", () => {
    const before = today()
    const { changelog, status, stderr } = release({
      args: ["date"],
      manifest: { version },
      changelog: "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [1.2.2] - 2026-01-01\n\n- Another.\n"
    })
    assert.strictEqual(stderr, "")
    assert.strictEqual(status, 0)
    const expected = (date: string) =>
      `# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - ${date}\n\n### Added\n\n- A thing.\n\n## [1.2.2] - 2026-01-01\n\n- Another.\n`
    assert.include([expected(before), expected(today())], changelog)
  })

  it("A release is refused, and nothing is changed, when nothing is unreleased or the version has a section.", () => {
    for (
      const [changelog, problem] of [
        ["# Changelog\n\n## [Unreleased]\n\n## [1.2.2] - 2026-01-01\n\n- A.\n", "nothing is unreleased"],
        ["# Changelog\n\n- A.\n", "no section \"## [Unreleased]\""],
        ["## [Unreleased]\n\n- A.\n\n## [1.2.3] - 2026-01-01\n", "has a section [1.2.3] already"]
      ] as const
    ) {
      const refused = release({ args: ["date"], manifest: { version }, changelog })
      assert.strictEqual(refused.status, 1)
      assert.include(refused.stderr, problem)
      assert.strictEqual(refused.changelog, changelog)
    }
  })

  it("A release is published only when tag, package.json and CHANGELOG agree and the repository is known.", () => {
    const changelog = "## [Unreleased]\n\n## [1.2.3] - 2026-01-01\n"
    assert.strictEqual(release({ args: ["verify", "v1.2.3"], manifest: { version, repository }, changelog }).status, 0)
    const all = release({ args: ["verify", "v1.2.4"], manifest: { version }, changelog: "## [Unreleased]\n" })
    assert.strictEqual(all.status, 1)
    assert.strictEqual(all.stderr.trim().split("\n").length, 3)
    for (const part of ["the tag is v1.2.4", "## [1.2.3] - <date>", "repository"]) assert.include(all.stderr, part)
  })
})
