export { EmailLinksService } from './email-links.service.ts';
export { MailModule } from './mail.module.ts';
export { MailService } from './mail.service.ts';
