"""Prints the messages that have reached the queue `people` in moto, each with its subject, as JSON.

usage: moto_inbox.py ENDPOINT
"""

import json
import sys

from emulator_state import client


def main(endpoint):
    sqs = client("sqs", endpoint)
    queue = sqs.get_queue_url(QueueName="people")["QueueUrl"]
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    envelopes = [json.loads(message["Body"]) for message in received]
    return [{"subject": envelope.get("Subject"), "message": envelope["Message"]} for envelope in envelopes]


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
