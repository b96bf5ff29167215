"""Logs in to a database of another account, through PrivateLink, with a token instead of a password.

It connects to the database's own name. In the private hosted zone of consumer.yaml that name resolves to the
interface endpoint. So the certificate verifies, and the token, which is signed for host and port, is valid.
"""

import os
import ssl

import boto3
import pg8000.native

HOST = os.environ["DATABASE_HOST"]
PORT = int(os.environ["DATABASE_PORT"])
USER = os.environ["DATABASE_USER"]
DATABASE = os.environ["DATABASE_NAME"]
REGION = os.environ["DATABASE_REGION"]  # the database's Region, which can differ from this function's
ROLE_ARN = os.environ["ROLE_ARN"]
EXTERNAL_ID = os.environ.get("EXTERNAL_ID", "")

# Verifies the chain and the host name, like sslmode=verify-full of `psql`. It needs the system's
# roots and RDS's: a proxy presents a certificate of Amazon's public roots, and a database one of
# RDS's own roots. With `cafile` in the first call Python would not load the system's roots.
TLS = ssl.create_default_context()
TLS.load_verify_locations(cafile=os.path.join(os.path.dirname(__file__), "global-bundle.pem"))


def handler(_event, _context):
    """Returns the user that is logged in, the server's address, and whether the server accepts writes."""
    connection = connect()
    try:
        [[user, server, is_reader]] = connection.run(
            "SELECT current_user, host(inet_server_addr()), pg_is_in_recovery()"
        )
    finally:
        connection.close()
    return {"user": user, "server": server, "writer": not is_reader}


def connect():
    """Opens a connection. A token is good for 15 minutes and is needed only at login, so each connection gets a new one."""
    return pg8000.native.Connection(
        USER, host=HOST, port=PORT, database=DATABASE, password=token(), ssl_context=TLS, timeout=10
    )


def token():
    """A login token, signed here without a call to RDS, with the credentials of the role in the database's account."""
    external_id = {"ExternalId": EXTERNAL_ID} if EXTERNAL_ID else {}
    session = os.environ["AWS_LAMBDA_FUNCTION_NAME"][:64]  # so that CloudTrail in the database's account names the function
    role = boto3.client("sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName=session, **external_id)
    credentials = role["Credentials"]
    rds = boto3.client(
        "rds",
        region_name=REGION,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    return rds.generate_db_auth_token(DBHostname=HOST, Port=PORT, DBUsername=USER)
