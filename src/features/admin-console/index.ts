export { AdminConsoleModule } from './admin-console.module.ts';
