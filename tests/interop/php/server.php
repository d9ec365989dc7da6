<?php
// A SOAP service of PHP's own SoapServer, for tests/interop/test_php.py; run by `php -S 127.0.0.1:PORT server.php`.

class Orders
{
    private ?object $session = null;

    // PHP calls this for the header of that name, before the operation; a header that it does not know and that
    // must be understood makes it answer a MustUnderstand fault.
    public function session($header)
    {
        $this->session = $header;
    }

    public function echoScalars($request)
    {
        return $request;
    }

    public function submitOrder($request)
    {
        $lines = $request->line ?? [];
        if (!is_array($lines)) {
            $lines = [$lines];
        }
        return [
            'customer' => $request->customer,
            'lines' => count($lines),
            'pieces' => array_sum(array_map(fn ($line) => $line->quantity, $lines)),
            'products' => array_map(fn ($line) => $line->product, $lines),
        ];
    }

    // Answers what the header held and, as seen on the wire, the header's start tag.
    public function whoAmI($request)
    {
        if ($this->session === null) {
            throw new SoapFault('Client', 'no session header arrived');
        }
        preg_match('/<[^<>]*\bsession\b[^<>]*>/', file_get_contents('php://input'), $tag);
        return ['token' => $this->session->token, 'step' => $this->session->step, 'raw' => $tag[0] ?? ''];
    }

    public function refuse($request)
    {
        $detail = ['reason' => $request->reason, 'limit' => 3];
        throw new SoapFault('Client', "refused: {$request->reason}", 'urn:wsx:interop:actor', $detail, 'refusal');
    }
}

if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    header('Content-Type: text/plain');
    echo 'ready';
    return;
}

$server = new SoapServer(__DIR__ . '/orders.wsdl', [
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$server->setObject(new Orders());
$server->handle();
