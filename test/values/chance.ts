/** The property: whatever the schema and the value, it arrives as it was sent. */
import { assert } from "@effect/vitest"
import * as fc from "fast-check"
import { across, stored, within } from "./crossing.ts"
import { same } from "./same.ts"
import { samples } from "./schemas.ts"

export const assertArriveAsSent = (): void =>
  fc.assert(
    fc.property(samples, ({ sample: { schema }, values }) => {
      for (const value of values) {
        if (!same(across(schema, value), value)) assert.fail("it arrived as another value on another thread")
        if (!same(stored(schema, value), value)) assert.fail("it came back as another value from a storage")
        if (!same(within(schema, value), value)) assert.fail("it arrived as another value on the same thread")
      }
    }),
    { numRuns: 500 }
  )
