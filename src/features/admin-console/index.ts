export { AdminConsoleModule } from './admin-console.module.ts';
export { isConsoleBuilt } from './console-page.ts';
