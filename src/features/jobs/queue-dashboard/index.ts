export { QueueDashboardModule } from './queue-dashboard.module.ts';
