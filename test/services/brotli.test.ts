import { assert, describe, it } from "@effect/vitest"
import { hasSafeBrotli } from "../../services/brotli.ts"

describe("Brotli (CVE-2026-111497)", () => {
  const safe = [
    "22.23.4",
    "22.24.0",
    "24.22.1",
    "24.23.0",
    "26.12.1",
    "26.13.0",
    "v26.12.1",
    "26.12.1+build",
    "27.0.0",
    "28.1.0",
    "28.0.0-nightly20270101",
    "30.0.0"
  ]
  const unsafe = [
    "22.19.0",
    "22.23.3",
    "22.22.9",
    "24.21.0",
    "24.22.0",
    "26.0.0",
    "26.10.0",
    "26.12.0",
    "26.9.9",
    "18.20.8",
    "20.99.99",
    "21.9.0",
    "23.11.1",
    "25.9.0",
    "26.12.1-rc.1",
    "22.23.4-nightly",
    "27.0.0-nightly20260401",
    "",
    "26",
    "26.12",
    "bun",
    "26.12.1.1",
    "99"
  ]
  for (const version of safe) {
    it(`Brotli in Node ${version} has the fix of CVE-2026-111497.`, () => assert.isTrue(hasSafeBrotli(version)))
  }
  for (const version of unsafe) {
    it(`Brotli in Node "${version}" lacks the fix of CVE-2026-111497.`, () => assert.isFalse(hasSafeBrotli(version)))
  }
})
