import { expose } from "comlink"
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs"
import { parentPort } from "node:worker_threads"
import type { Small } from "../link/drive.ts"

if (parentPort !== null) expose((message: Small) => message, nodeEndpoint(parentPort))
