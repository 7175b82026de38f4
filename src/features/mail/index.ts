export { EmailLinksService } from './email-links.service.ts';
export { MailModule, MailboxModule } from './mail.module.ts';
export { MailService } from './mail.service.ts';
