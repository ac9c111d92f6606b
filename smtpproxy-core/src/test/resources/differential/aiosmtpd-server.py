# An aiosmtpd on 127.0.0.1. Arguments: its port, and the folder of cert.pem and key.pem.
import asyncio
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Mailboxes:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.lower() not in ("alice@dest.test", "bob@dest.test"):
            return "550 5.1.1 No such person here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data == LoginPassword(b"alice", b"secret"), handled=False)


def main(port, folder):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")

    def session():
        return SMTP(
            Mailboxes(),
            data_size_limit=100000,
            enable_SMTPUTF8=True,
            hostname="aiosmtpd.test",
            ident="aiosmtpd",
            tls_context=tls,
            auth_require_tls=False,
            authenticator=authenticate,
            command_call_limit=1000,
            loop=loop,
        )

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(loop.create_server(session, "127.0.0.1", port))
    loop.run_forever()


main(int(sys.argv[1]), sys.argv[2])
