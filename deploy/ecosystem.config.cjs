// pm2 start deploy/ecosystem.config.cjs
module.exports = {
  apps: [{
    name: "heddle-services",
    cwd: `${__dirname}/..`,
    script: "src/cli/bin.js",
    interpreter: "node",
    args: "start services/config.ts",
    exec_mode: "fork", // a cluster would run all of it twice
    instances: 1,
    wait_ready: true, // for the message that all threads are up
    listen_timeout: 120_000,
    kill_timeout: 30_000,
    stop_exit_codes: [2] // not 0, by which PM2 knows a process that was killed as well
  }]
}
