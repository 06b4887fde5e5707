import base64, json, os, signal, socket, threading, time, uuid, pika, pika.exceptions

GRID, TYPE = "taskgrid", "upper"
running = []                                # (id, attempt, proof) of what runs now

def broker():
    """The broker's URL: TASKGRID_BROKER, or that of the grid of this machine, which `taskgrid up` started."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    folder = os.environ.get("TASKGRID_DATA") or os.path.join(state, "taskgrid")
    return os.environ.get("TASKGRID_BROKER") or json.load(open(f"{folder}/grid.json"))["amqp"]

parameters = pika.URLParameters(broker())
USER = parameters.credentials.username      # every message says whose it is, and every id begins with it
WORKER = f"{USER}.{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"

def say(channel, kind):
    held = list(running)
    proofs = base64.b64encode(b"".join(bytes.fromhex(proof) for _, _, proof in held)).decode()
    body = {"worker": WORKER, "types": [TYPE], "running": [task[:2] for task in held], "proofs": proofs}
    properties = pika.BasicProperties(
        type=kind, user_id=USER, app_id=WORKER, content_type="application/json", expiration="3000")
    channel.basic_publish(f"{GRID}.registry", f"{kind}.{WORKER}", json.dumps(body), properties)

def beat():
    connection = pika.BlockingConnection(parameters)    # its own: a long task must not keep it from beating
    channel = connection.channel()
    say(channel, "register")
    while True:
        connection.sleep(1)
        say(channel, "heartbeat")

def run(channel, method, properties, payload):
    headers = properties.headers
    task = (int(properties.message_id), headers["taskgrid-attempt"], headers["taskgrid-proof"])

    def tell(status, result=b"", error=None, run_us=0):
        answer = {"taskgrid-store": headers["taskgrid-store"], "taskgrid-attempt": headers["taskgrid-attempt"],
                  "taskgrid-proof": headers["taskgrid-proof"], "taskgrid-status": status, "taskgrid-run-us": run_us}
        if error:
            answer["taskgrid-error"] = error
        channel.basic_publish(f"{GRID}.results", TYPE, result, pika.BasicProperties(   # returns when it is confirmed
            type=TYPE, user_id=USER, message_id=properties.message_id, app_id=WORKER, headers=answer))

    if method.redelivered:
        tell("interrupted")
    elif task[0] == 0:                      # a marker
        tell("returned")
    else:
        running.append(task)
        if headers.get("taskgrid-announce"):
            tell("started")
        start = time.monotonic()
        status, result, error = "succeeded", b"", None
        try:
            result = payload.decode().upper().encode()
        except UnicodeDecodeError as problem:
            status, error = "failed", f"invalid_input: {problem}"
        except Exception as problem:
            status, error = "failed", f"failed: {problem}"
        tell(status, result, error, int((time.monotonic() - start) * 1_000_000))
        running.remove(task)
    channel.basic_ack(method.delivery_tag)  # only now: the dispatcher has the result

def stop(*_):
    raise KeyboardInterrupt                 # SIGTERM ends it as Ctrl-C does

def working(connection):
    """A channel, once the work queue is there: the dispatcher declares it when a worker of the type has registered."""
    while True:
        channel = connection.channel()
        say(channel, "register")
        try:
            channel.queue_declare(f"{GRID}.work.{TYPE}", passive=True)
            return channel
        except pika.exceptions.ChannelClosedByBroker as error:
            if error.reply_code != 404:
                raise
            connection.sleep(1)

connection = pika.BlockingConnection(parameters)        # the services have declared the exchanges
channel = connection.channel()
channel.queue_declare(f"{GRID}.control.{WORKER}", exclusive=True, arguments={"x-max-length": 1000})
channel.queue_bind(f"{GRID}.control.{WORKER}", f"{GRID}.control", WORKER)
channel = working(connection)
channel.confirm_delivery()
channel.basic_qos(prefetch_count=1)
threading.Thread(target=beat, daemon=True).start()
channel.basic_consume(f"{GRID}.work.{TYPE}", run)
signal.signal(signal.SIGTERM, stop)
try:
    channel.start_consuming()
except KeyboardInterrupt:
    say(channel, "deregister")              # its results are confirmed: the grid need not wait for its lease to end
    channel.connection.close()              # what was delivered and not acknowledged goes to another worker
