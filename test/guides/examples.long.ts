/** The examples that `test/examples.test.ts` does not run. */
import { it } from "@effect/vitest"
import { printsWhatItSays, programs } from "../example.ts"

it.each(programs.slice(3))("examples/%s prints what its comment says.", printsWhatItSays)
