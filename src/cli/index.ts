/** `clinic-sync/cli`: what a configuration file of the `clinic-sync` command imports. Runs nothing. */
export { defineConfig, type CliConfig, type CliConfigFile } from './config/define.js';
