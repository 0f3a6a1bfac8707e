import { declare } from "./systems.ts"

export default declare("one-for-one", import.meta.url)
