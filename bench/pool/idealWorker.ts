import { parentPort } from "node:worker_threads"
import { length, plus, spin } from "./functions.ts"

type Batch =
  | { readonly task: "plus"; readonly inputs: ReadonlyArray<Parameters<typeof plus>[0]> }
  | { readonly task: "spin"; readonly inputs: ReadonlyArray<Parameters<typeof spin>[0]> }
  | { readonly task: "length"; readonly inputs: ReadonlyArray<Parameters<typeof length>[0]> }

const answer = (batch: Batch): ReadonlyArray<number> => {
  switch (batch.task) {
    case "plus":
      return batch.inputs.map(plus)
    case "spin":
      return batch.inputs.map(spin)
    case "length":
      return batch.inputs.map(length)
  }
}

parentPort?.on("message", (batch: Batch) => parentPort?.postMessage(answer(batch)))
