"""Packages a template as `sam deploy` does, and prints the nested templates that were uploaded, by the names of their stacks.

usage: sam_package.py TEMPLATE
"""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

import boto3
from cfnlint.decode.cfn_yaml import load, loads

BUCKET = "artifacts"
s3 = boto3.client("s3")
s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
packaged = Path(sys.argv[1]).with_name("packaged.yaml")
sam = [sys.executable, "-m", "samcli", "package", "--template-file", sys.argv[1], "--s3-bucket", BUCKET]
subprocess.run([*sam, "--output-template-file", packaged], check=True, stdout=sys.stderr)


def uploaded(url):
    key = urlparse(url).path.rsplit("/", 1)[-1]
    return loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())


stacks = {
    name: uploaded(resource["Properties"]["TemplateURL"])
    for name, resource in load(str(packaged))["Resources"].items()
    if resource["Type"] == "AWS::CloudFormation::Stack"
}
json.dump(stacks, sys.stdout)
