import { compileScenarios } from '../process/scenarios.ts';
import globalSetup from './global-setup.ts';

/** Compiles the scenarios and the processes of clusters once before the workers run them, then does what the e2e tests need. */
export default async function longSetup(): Promise<void> {
  compileScenarios();
  await globalSetup();
}
