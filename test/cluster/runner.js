import runFile from '../harness/jest/native-runner.js';
import { excludedTests } from './excluded.js';

/** Runs a test file, without the tests that cannot run against a cluster. */
export default function runFileOfCluster(globalConfig, projectConfig, environment, ...rest) {
  environment.handleTestEvent = ({ name, test }) => {
    if (name === 'test_start' && isExcluded(fullName(test))) test.mode = 'skip';
  };
  return runFile(globalConfig, projectConfig, environment, ...rest);
}

function isExcluded(testName) {
  return Object.keys(excludedTests).some((beginning) => testName.startsWith(beginning));
}

function fullName(test) {
  const names = [];
  for (let part = test; part !== undefined && part.name !== 'ROOT_DESCRIBE_BLOCK'; part = part.parent)
    names.unshift(part.name);
  return names.join(' ');
}
